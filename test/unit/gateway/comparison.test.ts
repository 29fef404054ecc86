import { describe, expect, it, onTestFinished } from 'vitest';
import type { PairPlace } from '../../../src/gateway/measure/pairs/route-pairs.ts';
import { BodyQueue } from '../../../src/gateway/measure/reading/body-queue.ts';
import { Comparison } from '../../../src/gateway/mirror/comparison.ts';
import { CpuShare } from '../../../src/gateway/mirror/cpu-share.ts';
import type { UpstreamHead } from '../../../src/gateway/upstream/upstream-client.ts';
import { noFaults } from '../../support/gateway.ts';

const HEAD: UpstreamHead = {
  status: 200,
  reason: 'OK',
  rawHeaders: ['Content-Type', 'application/json'],
  passing: null,
  hasDate: true,
  isEventStream: false,
  isJson: true,
  namesPlaces: false,
  body: 'chunked',
  length: null,
};

/** What comparing three answers tells: the number of fields, or null where they are unusable. */
async function compared(share: CpuShare, text = '{"a":1}'): Promise<number | null> {
  const bodies = new BodyQueue(noFaults);
  onTestFinished(() => bodies.stop());
  const told = Promise.withResolvers<number | null>();
  const place: PairPlace = { tell: (_, fields) => told.resolve(fields === null ? null : fields.length) };
  const versions = { stable: 'v1', canary: 'v2' };
  const comparison = new Comparison({ bodies, ignore: [], requestId: 'r-1', place, share, versions });
  for (const answer of [comparison.first, comparison.keptOf('canary'), comparison.keptOf('stable')]) {
    answer.begin(HEAD);
    answer.data(Buffer.from(text));
  }
  comparison.end('whole', 200);
  return await told.promise;
}

describe('what comparing may take of a core', () => {
  it('is spent by what was compared, and comes back with time', async () => {
    let now = 0;
    const share = new CpuShare(0.2, () => now);
    expect(await compared(share)).toBe(0);
    share.spend(3_000);
    expect(await compared(share)).toBeNull();
    now = 6_000;
    expect(await compared(share)).toBe(0);
  });

  it.each([
    ['in this thread', '{"a":1}'],
    ['in the thread of bodies', `[${'1,'.repeat(15_000)}1]`],
  ])('is measured %s', async (_, text) => {
    const share = new CpuShare(0, () => 0);
    share.spend(2_000 - 0.000_001);
    expect(await compared(share, text)).toBe(0);
    expect(share.mayBegin()).toBe(false);
  });

  it('is never saved up for a burst of minutes', () => {
    let now = 0;
    const share = new CpuShare(0.2, () => now);
    now = 3_600_000;
    expect(share.mayBegin()).toBe(true);
    share.spend(2_000);
    expect(share.mayBegin()).toBe(false);
  });
});
