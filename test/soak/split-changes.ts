import { join } from 'node:path';
import { messageOf, sayingsOf } from '../bench/gateway/children.ts';
import type { Ground } from '../bench/gateway/ground.ts';
import type { Load } from '../bench/gateway/load.ts';
import { trafficOf } from './endurance.ts';
import type { HostSums, ToHost } from './gateway-host.ts';
import type { SoakOutcome, SoakPromise } from './outcome.ts';

const REQUEST = { method: 'GET', path: '/bytes/1024', bodyBytes: 0 } as const;
const CHANGES_PER_SECOND = 100;

/**
 * A hundred split changes a second under full load. The clients, both upstreams and the gateway's own blocks each count
 * for themselves, and have to agree to the last request.
 */
export async function splitChanges(ground: Ground, seconds: number): Promise<SoakOutcome> {
  const { children, placement, upstreams } = ground.stage;
  const host = children.start(join(import.meta.dirname, 'gateway-host.ts'), upstreams.map(String), {
    core: placement.proxy,
    kind: 'module',
  });
  const said = sayingsOf(host);
  const { port } = await messageOf<{ readonly port: number }>(host, said);
  const target = { port, pid: host.pid ?? 0 };
  const tell = (message: ToHost) => host.send(message);
  const load = (ms: number): Load => ({ kind: 'closed', request: REQUEST, connections: 64, warmUpMs: 0, windowMs: ms });

  const before = await ground.upstreamCounts();
  tell('change');
  const during = trafficOf(await ground.run(load(seconds * 1_000), target));
  tell('to-stable');
  const between = await ground.upstreamCounts();
  const after = trafficOf(await ground.run(load(1_000), target));
  const end = await ground.upstreamCounts();
  tell('sums');
  const sums = await messageOf<HostSums>(host, said);
  await children.stop(host);

  const read = [end[0] - before[0], end[1] - before[1]] as const;
  const answered = during.answered + after.answered;
  const exactly = (what: string, wanted: number, found: number): SoakPromise => ({
    what,
    wanted: String(wanted),
    found: String(found),
    isMet: wanted === found,
  });
  return {
    part: 'split-changes',
    promises: [
      {
        what: 'split changes',
        wanted: `${CHANGES_PER_SECOND} a second`,
        found: `${sums.changes} in ${seconds} s`,
        isMet: sums.changes >= seconds * CHANGES_PER_SECOND * 0.95,
      },
      exactly('errors', 0, during.errors + after.errors),
      exactly('requests that the upstreams read, for as many answers', answered, read[0] + read[1]),
      exactly("requests in the gateway's blocks of the stable", read[0], sums.stable),
      exactly("requests in the gateway's blocks of the canary", read[1], sums.canary),
      exactly(`requests of the canary in ${sums.blocksAtZero} blocks of weight 0`, 0, sums.canaryAtZero),
      exactly('requests of the stable in blocks of weight 100 %', 0, sums.stableAtAll),
      exactly('requests that the canary read after the last change, to weight 0', 0, end[1] - between[1]),
      { what: 'requests of the canary in all', wanted: 'some', found: String(read[1]), isMet: read[1] > 0 },
    ],
    figures: { answered, stable: read[0], canary: read[1], changes: sums.changes },
  };
}
