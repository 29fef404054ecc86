import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loggedIn, OF_THE_ROLLOUT } from '../../../scripts/reference/logged.ts';
import { sources } from '../../../scripts/reference/sources.ts';

describe('the events of the log', () => {
  it('are read from the calls, with what is spread into them', () => {
    const text = `
      const facts = { channel: item.channel, attempts: item.attempts + 1 };
      log({ what: 'sent', ...facts, at: new Date(now(1, 2)).toISOString() });
      this.log({
        what: 'sent',
        level: 'warn',
        ...(port === null ? {} : { port }),
        reason: \`a, b: \${c}\`,
      });
      ports.log({ what: event.kind, rollout: id });
      const other = { what: 1 };`;
    expect(loggedIn([text])).toEqual([
      { what: OF_THE_ROLLOUT, levels: ['info'], fields: ['rollout'] },
      { what: 'sent', levels: ['info', 'warn'], fields: ['channel', 'attempts', 'at', 'port', 'reason'] },
    ]);
  });

  it('are found wherever src calls a log', () => {
    const calls = [...sources().values()].flatMap((text) => [...text.matchAll(/\blog\(\{/g)]);
    const found = [...sources().values()].flatMap((text) => [...text.matchAll(/\blog\(\{\s*what: (?:'|event\.kind)/g)]);
    expect(calls.length).toBeGreaterThan(40);
    expect(found).toHaveLength(calls.length);
  });

  it('are shown with a line of the form that the log has', () => {
    const page = readFileSync(new URL('../../../docs/reference/log.md', import.meta.url), 'utf8');
    const [, line = ''] = /```json\n(.*)\n```/.exec(page) ?? [];
    const { level, time, msg, ...fields } = JSON.parse(line);
    const event = loggedIn(sources().values()).find(({ what }) => what === msg);
    expect(event).toMatchObject({ levels: [level], fields: Object.keys(fields) });
    expect(new Date(time).toISOString()).toBe(time);
  });
});
