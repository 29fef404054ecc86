import { describe, expect, it } from 'vitest';
import { EventLines } from '../../../src/dashboard/live/event-lines.ts';

const frame = (id: number, route: string) => `id: b.${id}\nevent: rollout\ndata: {"route":"${route}"}\n\n`;

describe('the lines of a stream', () => {
  it('are the same events however they are cut', () => {
    const text = `:\n\n${frame(1, 'pay')}:\n\n${frame(2, 'cart: a')}`;
    for (let cut = 0; cut <= text.length; cut++) {
      const lines = new EventLines();
      const events = [...lines.take(text.slice(0, cut)), ...lines.take(text.slice(cut))];
      expect(events, `cut at ${cut}`).toEqual([
        { id: 'b.1', kind: 'rollout', data: { route: 'pay' } },
        { id: 'b.2', kind: 'rollout', data: { route: 'cart: a' } },
      ]);
    }
  });

  it('are no event before they are whole, nor as a comment', () => {
    const lines = new EventLines();
    expect(lines.take(frame(1, 'pay').slice(0, -1))).toEqual([]);
    expect(lines.take('\n:\n\n')).toHaveLength(1);
  });
});
