// npm run soak:gateway [-- [--minutes 30] [--seconds 60] [--only PART[,PART ...]] [--json]]
import { parseArgs } from 'node:util';
import { serins } from '../bench/gateway/contenders/serin.ts';
import { type Ground, openGround } from '../bench/gateway/ground.ts';
import { endurance } from './endurance.ts';
import type { SoakOutcome } from './outcome.ts';
import { slowClients } from './slow-clients.ts';
import { splitChanges } from './split-changes.ts';

const PARTS = ['split-changes', 'slow-clients', 'endurance'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '60' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const minutes = Number(values.minutes);
const seconds = Number(values.seconds);
const chosen = values.only?.split(',') ?? null;
const parts = PARTS.filter((part) => chosen === null || chosen.includes(part));
const rollouts = serins.filter(({ name }) => name.endsWith('-rollout'));
const serin = rollouts.find(({ prepare }) => prepare() === null);
if (parts.length === 0 || !serin || !(minutes > 0) || !(seconds > 0)) {
  console.error(`usage: soak [--minutes N] [--seconds N] [--json] [--only ${PARTS.join(',')}]`);
  process.exit(2);
}

const say = (line: string) => console.error(line);

function soak(part: Part, ground: Ground, contender: typeof serin & object): Promise<SoakOutcome> {
  switch (part) {
    case 'split-changes':
      return splitChanges(ground, seconds);
    case 'slow-clients':
      return slowClients(ground, contender);
    case 'endurance':
      return endurance(ground, contender, { minutes, say });
  }
}

const ground = await openGround();
const outcomes: SoakOutcome[] = [];
try {
  for (const part of parts) {
    say(`${part} begins`);
    const outcome = await soak(part, ground, serin);
    outcomes.push(outcome);
    for (const { what, wanted, found, isMet } of outcome.promises) {
      say(`  ${isMet ? 'kept  ' : 'BROKEN'} ${what}: ${found} (wanted: ${wanted})`);
    }
  }
} finally {
  await ground.close();
}
if (values.json) console.log(JSON.stringify({ on: serin.name, outcomes }, null, 2));
process.exit(outcomes.every(({ promises }) => promises.every(({ isMet }) => isMet)) ? 0 : 1);
