// npm run bench:judge [-- --quick | --full] [--seed N] [--json]
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { costOfLook } from './cost.ts';
import { runProtocol } from './protocol.ts';
import { markdownOf } from './report.ts';

const REPORT = fileURLToPath(new URL('../judge.md', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    full: { type: 'boolean' },
    json: { type: 'boolean' },
    seed: { type: 'string', default: '20260101' },
  },
});
if (!/^\d{1,9}$/.test(values.seed) || (values.quick && values.full)) {
  console.error('usage: bench:judge [--quick | --full] [--seed N] [--json]');
  process.exit(2);
}

// Processor time: the wall clock also tells what else the machine does.
let spentUs = process.cpuUsage();
let running: string | null = null;
const report = runProtocol({ seed: Number(values.seed), size: values.full ? 'full' : 'quick' }, tellBegun);
tellBegun(null);
const markdown = markdownOf(report, costOfLook());
writeFileSync(REPORT, markdown);
console.log(values.json ? JSON.stringify(report, null, 2) : markdown.slice(0, markdown.indexOf('\n## ')));

function tellBegun(name: string | null): void {
  const { user, system } = process.cpuUsage(spentUs);
  if (running !== null) console.error(`${running}: ${((user + system) / 1e6).toFixed(1)} s of processor`);
  spentUs = process.cpuUsage();
  running = name;
}
