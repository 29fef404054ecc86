// npm run bench:gateway [-- [--quick] [--json] [--date YYYY-MM-DD] [--only NAME[,NAME ...]] [--rounds N] [--window MS]
//                       [--against FOLDER]]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Contender } from './contenders/contender.ts';
import { direct } from './contenders/direct.ts';
import { gatewaysAlone } from './contenders/gateway-alone.ts';
import { natives } from './contenders/native.ts';
import { peers } from './contenders/peers.ts';
import { hasAccessLog, serins, serinsOf } from './contenders/serin.ts';
import { machine } from './machine.ts';
import { markdown, reportOf } from './report.ts';
import { QUICK, type Scale, STANDARD } from './scenarios.ts';
import { hold } from './tournament.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    window: { type: 'string' },
    against: { type: 'string' },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
});

if (process.platform !== 'linux') {
  console.error('the benchmark reads /proc and runs on Linux only');
  process.exit(2);
}

const chosen = values.only?.split(',') ?? null;
const before = values.against === undefined ? [] : serinsOf(values.against);
const everybody: readonly Contender[] = [direct, ...natives, ...peers, ...serins, ...before, ...gatewaysAlone];
const contenders = everybody.filter(
  ({ name, family }) => chosen === null || chosen.includes(name) || chosen.includes(family),
);
if (contenders.length === 0) {
  console.error(`nobody is called ${values.only}: there are ${everybody.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
if (!/^\d{4}-\d\d-\d\d$/.test(values.date)) {
  console.error('--date wants a day such as 2026-01-31');
  process.exit(2);
}

const preset = values.quick ? QUICK : STANDARD;
const scale: Scale = {
  ...preset,
  rounds: Number(values.rounds ?? preset.rounds),
  windowMs: Number(values.window ?? preset.windowMs),
};
if (!(scale.rounds >= 1) || !(scale.windowMs >= 50)) {
  console.error('--rounds wants a number from 1 on, --window one from 50 ms on');
  process.exit(2);
}
const ran = machine();
const tournament = await hold(contenders, scale, (line) => console.error(line));
const report = reportOf(tournament, { date: values.date, machine: ran, scale, hasAccessLog });
const text = markdown(report);
console.log(values.json ? JSON.stringify(report, null, 2) : text);
// A run of a part, or in haste, is no record.
const isRecord =
  chosen === null && !values.quick && values.rounds === undefined && values.window === undefined && before.length === 0;
if (isRecord) writeFileSync(join(import.meta.dirname, '..', 'gateway.md'), text);
process.exit(0);
