import { z } from 'zod';
import { inOrder, readDocument } from '../policy/document.ts';
import type { DocumentFault } from '../policy/fault.ts';
import { personalName } from '../policy/names.ts';
import type { SourceDocument } from '../policy/place.ts';
import type { Issue } from '../problem/problem.ts';
import { MOST_CONSUMERS } from './consumer.ts';
import { clientIdText, contactText, dueDay, groupName, waveNumber } from './fields.ts';

/** A list of the most consumers, with everything that may be said of them. */
const MOST_BYTES = 512 * 1024;

const entry = z.strictObject({
  name: personalName.describe('Of the consumer'),
  keyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/, 'must be the name of an environment variable such as ACME_KEY')
    .optional()
    .describe('The environment variable that has its credential'),
  keyFile: z
    .string()
    .min(1, 'must be the path of a file')
    .max(4096)
    .optional()
    .describe(
      'The file that has its credential, from the folder of this file; a line break at its end is no part of it',
    ),
  keyHash: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and the 64 lower-case hex digits of the SHA-256 of the credential')
    .optional()
    .describe('`sha256:` and the SHA-256 of its credential, hex'),
  clientId: clientIdText
    .optional()
    .describe('Its client id, where the route knows its consumers by that; it is no secret'),
  group: groupName.optional().describe('Those who are moved together, by share'),
  wave: waveNumber.optional().describe('In which wave it is moved'),
  due: dueDay.optional().describe('The last day on the old version, in UTC'),
  contact: contactText.optional().describe('Whom to write to'),
});

export const consumerFileSchema = z.strictObject({
  apiVersion: z.literal('serin.dev/v1').describe('The form of this file'),
  kind: z.literal('ConsumerList').describe('What this file declares'),
  consumers: z
    .array(entry)
    .min(1, 'must have a consumer at least')
    .max(MOST_CONSUMERS)
    .describe('At most 1,000. One that is listed already needs no credential: it keeps its own'),
});

export type FiledConsumer = z.output<typeof entry>;

export type ConsumerFileReading =
  | { readonly ok: true; readonly consumers: readonly FiledConsumer[]; readonly document: SourceDocument }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The text of a list of consumers, or every issue with its place. `file` is only a label, never opened. */
export function readConsumerFile(text: string, file: string): ConsumerFileReading {
  const reading = readDocument(text, file, consumerFileSchema, MOST_BYTES);
  if (!reading.ok) return { ok: false, issues: reading.issues };
  const { value, document } = reading;
  const faults = value.consumers.flatMap((consumer, index, all) => [
    ...namedOnce(consumer, index, all),
    ...oneCredential(consumer, index),
  ]);
  if (faults.length > 0) return { ok: false, issues: inOrder(faults.map(document.issue)) };
  return { ok: true, consumers: value.consumers, document };
}

function namedOnce({ name }: FiledConsumer, index: number, all: readonly FiledConsumer[]): readonly DocumentFault[] {
  const first = all.findIndex((other) => other.name === name);
  if (first === index) return [];
  return [{ path: ['consumers', index, 'name'], message: `${name} is listed twice`, at: 'value' }];
}

const CREDENTIALS = ['keyEnv', 'keyFile', 'keyHash', 'clientId'] as const;

function oneCredential(consumer: FiledConsumer, index: number): readonly DocumentFault[] {
  const [, second] = CREDENTIALS.filter((field) => consumer[field] !== undefined);
  if (second === undefined) return [];
  const message = `${consumer.name} has its credential in two ways: keep one of ${CREDENTIALS.join(', ')}`;
  return [{ path: ['consumers', index, second], message, at: 'key' }];
}
