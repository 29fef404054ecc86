// npm run bench:memory [-- [--quick] [--json] [--date YYYY-MM-DD]]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { postgresUrl } from '../../support/postgres.ts';
import { machine } from '../gateway/machine.ts';
import { markdown, reportOf } from './report.ts';
import { QUICK, runRounds, STANDARD } from './scenarios.ts';
import { build } from './serin.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
});
if (process.platform !== 'linux') {
  console.error('the benchmark reads /proc and runs on Linux only');
  process.exit(2);
}
if (!/^\d{4}-\d\d-\d\d$/.test(values.date)) {
  console.error('--date wants a day such as 2026-01-31');
  process.exit(2);
}

const scale = values.quick ? QUICK : STANDARD;
const { stolen: _, ...ran } = machine();
await build();
const postgres = await postgresUrl();
const rounds = await runRounds(scale, postgres, (line) => console.error(line));
await postgres?.stop();
const report = reportOf(rounds, { date: values.date, scale, machine: ran });
const text = markdown(report);
console.log(values.json ? JSON.stringify(report, null, 2) : text);
// A run in haste is no record.
if (!values.quick) writeFileSync(join(import.meta.dirname, '..', 'memory.md'), text);
process.exit(0);
