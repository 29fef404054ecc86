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

  it('keep what JSON lets stand, such as separators of lines and of paragraphs', () => {
    const [event] = new EventLines().take(frame(1, 'a\u2028b\u2029c'));
    expect(event?.data.route).toBe('a\u2028b\u2029c');
  });

  it('are no event before they are whole, nor as a comment', () => {
    const lines = new EventLines();
    expect(lines.take(frame(1, 'pay').slice(0, -1))).toEqual([]);
    expect(lines.take('\n:\n\n')).toHaveLength(1);
  });
});
