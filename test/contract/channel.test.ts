import { describe, expect, it } from 'vitest';
import { secret, serviceUrl } from '../../src/config/declared-values.ts';
import type { Channel } from '../../src/notify/channel.ts';
import { CHANNELS, channelsSchema, openChannels } from '../../src/notify/channels.ts';
import { channelContract, messageOf } from './channel-contract.ts';

interface Service {
  /** How serin.yaml declares the channel when its service answers at a URL, and its secret is in KEY. */
  declared(url: string): unknown;
  readonly takenStatus: number;
}

/** Every channel that has a service: it has to keep the contract of those that are one HTTP request. */
const SERVICES: Readonly<Record<string, Service>> = {
  pagerduty: {
    declared: (eventsUrl) => ({ routingKey: `\${KEY}`, eventsUrl }),
    takenStatus: 202,
  },
};

interface Surroundings {
  readonly url: string;
  readonly key: string;
  readonly lines?: string[];
}

function open(name: string, { url, key, lines = [] }: Surroundings): Channel {
  const declared = { [name]: SERVICES[name]?.declared(url) ?? true };
  const channels = channelsSchema({ secret, serviceUrl }).parse(declared);
  const opening = { secret: () => key, notices: (line: string) => void lines.push(line) };
  const channel = openChannels(channels, opening).find((opened) => opened.name === name);
  if (!channel) throw new Error(`${name} is not opened under its name`);
  return channel;
}

for (const [name, { takenStatus }] of Object.entries(SERVICES)) {
  channelContract(name, { make: (url, key) => open(name, { url, key }), takenStatus });
}

describe('the list of channels', () => {
  it('has each name once', () => {
    const names = CHANNELS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each(CHANNELS)(
    'has $name: what is declared under that name opens as it, and keeps the contract',
    async ({ name }) => {
      const lines: string[] = [];
      const channel = open(name, { url: 'http://127.0.0.1:9', key: 'a key', lines });
      expect(channel.takes.length).toBeGreaterThan(0);
      // Without a service it needs nobody's answer; with one, it is in the list above.
      expect(channel.reach === undefined).toBe(!(name in SERVICES));
      if (channel.reach) return;
      for (const kind of channel.takes) {
        expect(await channel.deliver(messageOf(kind), AbortSignal.timeout(10_000))).toEqual({ kind: 'delivered' });
      }
      expect(lines).toHaveLength(channel.takes.length);
    },
  );

  it.each(CHANNELS)('has $name, which refuses what it does not know', ({ name }) => {
    const schema = channelsSchema({ secret, serviceUrl });
    expect(schema.safeParse({ [name]: { unheardOf: true } }).success).toBe(false);
  });
});
