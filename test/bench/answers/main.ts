// npm run bench:answers [-- [--quick] [--date YYYY-MM-DD] [--per-second N]]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../gateway/machine.ts';
import { alikeRuns, neededRequests } from './alike-runs.ts';
import { FAULTS } from './faults.ts';
import { realRun } from './real-run.ts';
import { markdown } from './report.ts';
import { CHECKS_SHOWN, virtualOnlookers } from './shown.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    'per-second': { type: 'string', default: '20' },
  },
});
const scale = values.quick ? { alike: 5, needed: 1, limitMs: 60_000 } : { alike: 200, needed: 5, limitMs: 300_000 };
const perSecond = Number(values['per-second']);
const say = (line: string) => console.error(line);

const real = await realRun({
  faults: FAULTS.filter(({ seenBy }) => CHECKS_SHOWN.includes(seenBy)),
  perSecond,
  limitMs: scale.limitMs,
  onFound: ({ fault, found, last }) => say(`${fault.name}: ${found ? found.reason : `not found; ${last}`}`),
});
const virtual = await neededRequests(scale.needed, CHECKS_SHOWN, virtualOnlookers);
const alike = await alikeRuns(scale.alike, CHECKS_SHOWN, virtualOnlookers, (run, { alarm }) =>
  say(`alike ${run}: ${alarm?.reason ?? 'nothing'}`),
);
const { stolen: _, ...ran } = machine();
const text = markdown({ date: values.date, machine: ran, perSecond, real, virtual, alike });
console.log(text);
// A run in haste is no record.
if (!values.quick) writeFileSync(join(import.meta.dirname, '..', 'answers.md'), text);
process.exit(0);
