import { loadConfig } from '../../config/load.ts';
import { counted } from '../../policy/counted.ts';
import { examineRequirements, examineSurroundings } from '../checks/examine.ts';
import { exitCodeOfFindings, findingText } from '../checks/report.ts';
import { openConfigured } from '../open-configured.ts';
import type { ServerTerminal } from '../terminal.ts';

/** A check that timed out may still be running: it must not keep the process alive. */
const LEFT_BEHIND_MS = 1_000;

/** Opens the database, which brings it up to date, and closes it again. */
export async function migrate(file: string, { stdout, env }: ServerTerminal): Promise<number> {
  const store = await openConfigured(loadConfig(file, env), env);
  await store.close();
  stdout.write('the database is up to date\n');
  return 0;
}

/** Runs every check and prints the findings. 0: all is well; 1: something is wrong; 2: a file or a setting is invalid. */
export async function doctor(file: string, { stdout, env }: ServerTerminal): Promise<number> {
  const { findings: required, checked } = await examineRequirements(file, env, 'doctor');
  const findings = [...required];
  for (const finding of required) stdout.write(`${findingText(finding)}\n`);
  try {
    for (const finding of checked ? await examineSurroundings(checked) : []) {
      findings.push(finding);
      stdout.write(`${findingText(finding)}\n`);
    }
  } finally {
    await checked?.database.store?.close();
  }
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  stdout.write(`${summary(errors, warnings)}\n`);
  const code = exitCodeOfFindings(findings);
  setTimeout(() => process.exit(code), LEFT_BEHIND_MS).unref();
  return code;
}

function summary(errors: number, warnings: number): string {
  if (errors === 0 && warnings === 0) return 'all is well';
  const told = warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`;
  return errors === 0
    ? `${counted(warnings, 'warning')}: serin serve starts all the same`
    : `${counted(errors, 'error')}${told}: serin serve would not start`;
}
