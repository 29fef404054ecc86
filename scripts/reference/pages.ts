import { configJsonSchemaText } from '../../src/config/json-schema.ts';
import { policyJsonSchemaText } from '../../src/policy/json-schema.ts';
import { accessLineTable } from './access-line.ts';
import { commandsByName, commandsText, exitCodesTable, serverOptionsTable } from './commands.ts';
import { environmentTable } from './environment.ts';
import { fieldTable } from './fields.ts';
import { configFields, policyFields } from './file-fields.ts';
import { logEventsTable, rolloutEventText } from './log-events.ts';
import { alertsTable, bucketsText, labelsTable, metricsTable } from './metrics.ts';
import { openApiText } from './openapi.ts';
import { problemsTable, refusalsTable } from './problems.ts';
import { filled, regionsOf } from './regions.ts';
import { statesTable } from './states.ts';
import { checksTable, reasonsTable, verdictsTable } from './verdicts.ts';
import { shownCommand } from './worked-example.ts';

/** Every file that `npm run reference` writes, from the root of the repository, with what it should be instead of `now`. */
export const PAGES: Readonly<Record<string, (now: string) => string | Promise<string>>> = {
  'policies/policy.schema.json': policyJsonSchemaText,
  'docs/reference/serin.schema.json': configJsonSchemaText,
  'docs/reference/serin-yaml.md': (page) =>
    filled(page, (region) =>
      region === 'environment' ? environmentTable() : fieldTable(configFields(), fieldsAt(region), partsOf(page)),
    ),
  'docs/reference/policy.md': (page) =>
    filled(page, (region) => fieldTable(policyFields(), fieldsAt(region), partsOf(page))),
  'docs/reference/commands.md': commandsPage,
  'docs/reference/metrics.md': async (page) => {
    const parts = {
      metrics: await metricsTable(),
      labels: await labelsTable(),
      buckets: bucketsText(),
      alerts: alertsTable(),
    };
    return filled(page, partIn(parts));
  },
  'docs/reference/log.md': (page) => {
    const parts = { 'rollout events': rolloutEventText(), events: logEventsTable(), 'access line': accessLineTable() };
    return filled(page, partIn(parts));
  },
  'docs/reference/problems.md': (page) => filled(page, partIn({ codes: problemsTable(), refusals: refusalsTable() })),
  'docs/reference/states.md': (page) => filled(page, partIn({ states: statesTable() })),
  'docs/reference/openapi.json': openApiText,
  'docs/debug-a-verdict.md': debugPage,
};

function fieldsAt(region: string): string {
  return region.replace(/^fields /, '');
}

function partsOf(page: string): readonly string[] {
  return regionsOf(page).map(fieldsAt);
}

function partIn(parts: Readonly<Record<string, string>>): (region: string) => string {
  return (region) => {
    const text = parts[region];
    if (text === undefined) throw new Error(`nothing writes ${region}`);
    return text;
  };
}

function commandsPage(page: string): string {
  const namesIn = (region: string) => region.replace(/^commands: /, '').split(', ');
  const shown = regionsOf(page)
    .filter((region) => region.startsWith('commands: '))
    .flatMap(namesIn);
  const missing = [...commandsByName().keys()].filter((name) => !shown.includes(name));
  if (missing.length > 0) throw new Error(`commands.md does not show ${missing.join(', ')}`);
  return filled(page, (region) => {
    if (region === 'exit codes') return exitCodesTable();
    return region === 'server options' ? serverOptionsTable() : commandsText(namesIn(region));
  });
}

async function debugPage(page: string): Promise<string> {
  const parts: Record<string, string> = { verdicts: verdictsTable(), checks: checksTable(), reasons: reasonsTable() };
  for (const region of regionsOf(page)) if (region.includes(': serin ')) parts[region] = await shownCommand(region);
  return filled(page, partIn(parts));
}
