// npm run bench:logs [-- [--quick] [--json] [--date YYYY-MM-DD]]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../gateway/machine.ts';
import { measureBeside } from './beside.ts';
import { measureReading } from './reading.ts';
import { type LogsReport, markdown } from './report.ts';

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
const rate = { requestsPerSecond: 500, linesPerSecond: 5_000 };
const load = { ...rate, ...(values.quick ? { turnMs: 2_000, rounds: 1 } : { turnMs: 15_000, rounds: 5 }) };

const { stolen: _, ...ran } = machine();
const reading = values.quick ? measureReading(1, 200) : measureReading(5, 1_000);
const turns = await measureBeside(load, ({ logs, serving, p99Ms }) =>
  console.error(`${logs}: ${(100 * serving).toFixed(1)} % of a core serves, p99 ${p99Ms.toFixed(1)} ms`),
);
const command = `npm run bench:logs${values.quick ? ' -- --quick' : ''}`;
const report: LogsReport = { command, date: values.date, machine: ran, reading, load, turns };
const text = markdown(report);
console.log(values.json ? JSON.stringify(report, null, 2) : text);
// A run in haste is no record.
if (!values.quick) writeFileSync(join(import.meta.dirname, '..', 'logs.md'), text);
process.exit(0);
