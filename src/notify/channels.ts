import { z } from 'zod';
import type { Channel, ChannelKind, ChannelOpening, DeclaredChannel, DeclaredValues } from './channel.ts';
import { consoleKind } from './console.ts';
import { pagerdutyKind } from './pagerduty.ts';

/** Every channel: the schema of serin.yaml, the opened channels and the contract suite all use this list. */
export const CHANNELS: readonly ChannelKind[] = [consoleKind, pagerdutyKind];

/** By name; undefined if the file declares none. */
export type DeclaredChannels = Readonly<Record<string, DeclaredChannel | undefined>>;

/** `channels` of serin.yaml. */
export function channelsSchema(values: DeclaredValues): z.ZodType<DeclaredChannels, Record<string, unknown>> {
  return z.strictObject(Object.fromEntries(CHANNELS.map((kind) => [kind.name, kind.schema(values)])));
}

/** The channels that the file declares, in list order. Throws Problem when a secret is missing or unusable. */
export function openChannels(declared: DeclaredChannels, opening: ChannelOpening): readonly Channel[] {
  return CHANNELS.flatMap(({ name }) => declared[name]?.open(opening) ?? []);
}
