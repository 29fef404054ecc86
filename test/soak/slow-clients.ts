import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, sayingsOf } from '../bench/gateway/children.ts';
import type { Contender } from '../bench/gateway/contenders/contender.ts';
import type { Ground } from '../bench/gateway/ground.ts';
import type { Load } from '../bench/gateway/load.ts';
import { median, trafficOf } from './endurance.ts';
import type { SoakOutcome } from './outcome.ts';
import type { SlowReport, SlowTask } from './slow-host.ts';

const PAIRS = 5;
const CUT_WITHIN_MS = 7_000;
const MOST_P99 = 2;
/** 500 in all. */
const SLOW = { dribblers: 200, readers: 100, uploaders: 200 };
/** Long enough for every head to be cut within it. */
const SETTLE_MS = 8_000;
const OTHERS: Load = {
  kind: 'open',
  request: { method: 'GET', path: '/bytes/1024', bodyBytes: 0 },
  connections: 64,
  perSecond: 1_000,
  warmUpMs: 500,
  windowMs: 4_000,
};

/** 500 connections that dribble heads, trickle bodies or do not read, beside 1,000 requests/s of others. */
export async function slowClients(ground: Ground, contender: Contender): Promise<SoakOutcome> {
  const { children, placement } = ground.stage;
  const target = await ground.start(contender);
  const host = children.start(join(import.meta.dirname, 'slow-host.ts'), [], {
    core: placement.generator,
    kind: 'module',
  });
  const said = sayingsOf(host);
  const others = async () => trafficOf(await ground.run(OTHERS, target));
  await others();

  const ratios: number[] = [];
  const cuts: number[] = [];
  let errors = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const alone = await others();
    host.send({ port: target.port, ...SLOW } satisfies SlowTask);
    await sleep(SETTLE_MS);
    const beside = await others();
    host.send('end');
    const { cutAfterMs, stillOpen } = await messageOf<SlowReport>(host, said);
    cuts.push(...cutAfterMs, stillOpen);
    ratios.push(beside.p99Ms / alone.p99Ms);
    errors += alone.errors + beside.errors;
  }
  await children.stop(host);
  await children.stopById(target.pid);

  const longest = Math.max(...cuts);
  const ratio = median(ratios);
  return {
    part: 'slow-clients',
    promises: [
      {
        what: `longest of ${cuts.length} dribbled heads`,
        wanted: `cut within ${CUT_WITHIN_MS / 1_000} s`,
        found: `${(longest / 1_000).toFixed(1)} s`,
        isMet: cuts.length > SLOW.dribblers && longest <= CUT_WITHIN_MS,
      },
      {
        what: 'p99 of the others beside 500 slow clients, against without them',
        wanted: `at most ${MOST_P99}x`,
        found: `${Math.min(...ratios).toFixed(2)} ${ratio.toFixed(2)} ${Math.max(...ratios).toFixed(2)}`,
        isMet: ratio <= MOST_P99,
      },
      { what: 'errors of the others', wanted: '0', found: String(errors), isMet: errors === 0 },
    ],
    figures: { longestMs: longest, p99Ratio: ratio, errors },
  };
}
