import { z } from 'zod';
import type { Channel, ChannelKind, ChannelOpening, DeclaredChannel, DeclaredValues } from './channel.ts';
import { consoleKind } from './console.ts';
import { pagerdutyKind } from './pagerduty.ts';

/** Every channel that there is: the schema of serin.yaml, what is opened and the contract suite go by this list. */
export const CHANNELS: readonly ChannelKind[] = [consoleKind, pagerdutyKind];

/** By name; undefined where the file declares none. */
export type DeclaredChannels = Readonly<Record<string, DeclaredChannel | undefined>>;

/** `channels` of serin.yaml. */
export function channelsSchema(values: DeclaredValues): z.ZodType<DeclaredChannels, Record<string, unknown>> {
  return z.strictObject(Object.fromEntries(CHANNELS.map(({ name, schema }) => [name, schema(values)])));
}

/** The channels that the file declares, in the order of the list. Throws Problem when a secret is not there, or not fit. */
export function openChannels(declared: DeclaredChannels, opening: ChannelOpening): readonly Channel[] {
  return CHANNELS.flatMap(({ name }) => declared[name]?.open(opening) ?? []);
}
