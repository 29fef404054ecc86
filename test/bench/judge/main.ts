// npm run bench:judge [-- --quick | --full] [--rows J4,J5] [--seed N] [--json]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { costOfLook } from './cost.ts';
import type { Bench } from './experiment.ts';
import { idsOf, ROWS, runProtocol } from './protocol.ts';
import { markdownOf, type Report, updated } from './report.ts';

const REPORT = fileURLToPath(new URL('../judge.md', import.meta.url));
/** What the report is made of, so that rows can be run one at a time. */
const FIGURES = fileURLToPath(new URL('../judge.json', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    full: { type: 'boolean' },
    json: { type: 'boolean' },
    rows: { type: 'string' },
    seed: { type: 'string', default: '20260101' },
  },
});
const COST = 'J17';
const known = [...ROWS.flatMap(idsOf), COST];
const wanted = values.rows?.split(',') ?? known;
const unknown = wanted.filter((id) => !known.includes(id));
if (!/^\d{1,9}$/.test(values.seed) || (values.quick && values.full) || unknown.length > 0) {
  console.error('usage: bench:judge [--quick | --full] [--rows J4,J5] [--seed N] [--json]');
  if (unknown.length > 0) console.error(`there is no row ${unknown.join(', ')}`);
  process.exit(2);
}
if (values.rows !== undefined && !existsSync(FIGURES)) {
  console.error(
    'some rows alone would replace the report of all: test/bench/judge.json is not there; run it once without --rows',
  );
  process.exit(2);
}

// Processor time: the wall clock also tells what else the machine does.
let spentUs = process.cpuUsage();
let running: string | null = null;
const bench: Bench = { seed: Number(values.seed), size: values.full ? 'full' : 'quick' };
const rows = runProtocol(bench, wanted, tellBegun).map((row) => ({ ...row, ...bench }));
tellBegun(null);
// Read now: another run may have written its rows meanwhile.
const before: Report | null = existsSync(FIGURES) ? JSON.parse(readFileSync(FIGURES, 'utf8')) : null;
const lookUs = before === null || wanted.includes(COST) ? costOfLook() : before.lookUs;
const report = updated(before ?? { rows: [] }, rows, lookUs);
const markdown = markdownOf(report);
writeFileSync(FIGURES, `${JSON.stringify(report, null, 1)}\n`);
writeFileSync(REPORT, markdown);
console.log(values.json ? JSON.stringify(rows, null, 2) : markdown.slice(0, markdown.indexOf('\n## ')));

function tellBegun(name: string | null): void {
  const { user, system } = process.cpuUsage(spentUs);
  if (running !== null) console.error(`${running}: ${((user + system) / 1e6).toFixed(1)} s of processor`);
  spentUs = process.cpuUsage();
  running = name;
}
