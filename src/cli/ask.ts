import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Problem } from '../problem/problem.ts';
import type { Session } from './terminal.ts';

/** The reason as given, or entered at a terminal prompt. */
export async function reasonFor(session: Session, given: string | undefined, what: string): Promise<string> {
  if (given !== undefined && given.trim() !== '') return given;
  if (!session.isTTY) throw new Problem('invalid-input', 'say why with --reason; it is kept in the audit log');
  const answer = await question(session, `Why ${what}? `);
  if (answer.trim() === '') throw new Problem('invalid-input', 'nothing was done: a reason is needed');
  return answer.trim();
}

/** Asks on a terminal unless `--yes` was given; elsewhere the command line itself is the confirmation. */
export async function confirm(session: Session, given: { readonly yes?: boolean }, what: string): Promise<void> {
  if (given.yes || !session.isTTY) return;
  const answer = await question(session, `${what}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Problem('refused', 'nothing was done');
}

async function question(session: Session, text: string): Promise<string> {
  const lines = createInterface({ input: session.stdin, output: session.stderr });
  try {
    // At the end of the input the prompt itself would never settle.
    return await Promise.race([lines.question(text), once(lines, 'close').then(() => '')]);
  } finally {
    lines.close();
  }
}
