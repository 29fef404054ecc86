import { describe, expect, it } from 'vitest';
import { orderedInWords, rampNow } from '../../../src/dashboard/pages/rollout/ramp.ts';
import { stageInShort } from '../../../src/dashboard/words/stage-words.ts';

const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
const HARM = [{ what: 'harm', met: false, says: 'harm holds it' }] as const;
const share = (inForceBps: number | null) => ({ canaryBps: 5_000, inForceBps, needs: [], unrecorded: null });
const unrecorded = (event: string) => ({ event, by: 'mira', role: 'operator', reason: 'alarms', at: null });

describe('the ramp', () => {
  it('is under way while less is in force than ordered, and over where that is the same, or not known', () => {
    expect(rampNow(share(1_250))).toEqual({ kind: 'growing', bps: 1_250 });
    expect([rampNow(share(5_000)), rampNow(share(null))]).toEqual([null, null]);
  });

  it('ended where it was when harm was found, also before that is recorded; what the gateway took back is no ramp', () => {
    expect(rampNow({ ...share(1_250), needs: [...HARM] })?.kind).toBe('stopped');
    expect(rampNow({ ...share(1_250), unrecorded: unrecorded('harmHeld') })?.kind).toBe('stopped');
    expect(rampNow({ ...share(0), unrecorded: unrecorded('canaryBraked') })).toBeNull();
  });

  it('is told by what is in force, here and in the list of routes', () => {
    expect(spaced(orderedInWords(5_000, { kind: 'growing', bps: 1_250 }))).toBe(
      '; 50 % is ordered, and the share grows to it',
    );
    expect(spaced(stageInShort({ stage: 'step-2', canaryBps: 5_000, inForceBps: 1_250 }))).toBe('step 2, 12.5 %');
  });
});
