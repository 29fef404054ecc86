import { z } from '@hono/zod-openapi';
import { MOST_CONSUMERS } from '../../consumers/consumer.ts';
import { clientIdText, contactText, dueDay, groupName, sha256Hex, waveNumber } from '../../consumers/fields.ts';
import type { ListCommand, MovedConsumers } from '../../consumers/list-command.ts';
import { personalName } from '../../policy/names.ts';
import { isStorable, UNSTORABLE } from '../../policy/storable.ts';
import { weight } from '../../policy/units.ts';
import { Problem } from '../../problem/problem.ts';
import type { ConsumerControl } from '../control.ts';
import { reason, storedName } from '../request-schemas.ts';

const rule = z.enum(['canary', 'stable', 'by-weight']);
const named = z.array(storedName).min(1, 'must name a consumer at least').max(MOST_CONSUMERS);

const key = z
  .string()
  .min(1, 'must not be empty')
  .max(4096)
  .refine(isStorable, UNSTORABLE)
  .optional()
  .describe("The consumer's credential; only a keyed hash of it is stored");
const keySha256 = sha256Hex.optional().describe('SHA-256 of the credential, hex, in place of it');

const clientId = clientIdText
  .optional()
  .describe('Instead of a credential, where the route knows its consumers by client id; it is no secret');

const marks = { key, keySha256, clientId };

/** Checked where a command is made of it: a refinement would hide the fields from the description. */
const ONE_MARK = 'a consumer has a key (key or keySha256) or a client id, and not both';

const details = {
  group: groupName.nullable().optional().describe('Those who are moved together, by share'),
  wave: waveNumber.nullable().optional().describe('In which wave it is moved'),
  due: dueDay.nullable().optional().describe('The last day on the old version, in UTC'),
  contact: contactText.nullable().optional().describe('Whom to write to'),
};

/** What is left out stays as it is; null takes it away. */
export const consumerBody = z.strictObject({ rule, ...marks, ...details, reason });

const move = z.strictObject({
  kind: z.literal('move'),
  who: z.union(
    [
      z.strictObject({ names: named }),
      z.strictObject({ wave: waveNumber }),
      z.strictObject({
        group: groupName,
        share: weight
          .optional()
          .describe(
            'So much of the consumers of the group has the canary then, rounded down, but at least one above 0%; of the others, who has it is taken back',
          ),
      }),
    ],
    { error: 'must be { names: [...] }, { wave: 1 }, { group: beta } or { group: beta, share: 30% }' },
  ),
  to: rule.default('canary'),
});

const imported = z.strictObject({
  kind: z.literal('import'),
  consumers: z
    .array(z.strictObject({ name: personalName, ...marks, ...details }))
    .min(1, 'must have a consumer at least')
    .max(MOST_CONSUMERS)
    .describe(
      'What one does not say of group, wave, due date and contact it has not; credentials of those that are listed may be left out',
    ),
  prune: z.boolean().default(false).describe('Takes consumers off the list that are not among these'),
});

/** Of the whole list. */
export const listChangeBody = z.discriminatedUnion('kind', [
  z.strictObject({ ...move.shape, reason }),
  z.strictObject({ ...imported.shape, reason }),
]);

export const listPreviewBody = z.discriminatedUnion('kind', [
  move,
  imported,
  z.strictObject({ kind: z.literal('put'), name: personalName, rule, ...marks, ...details }),
  z.strictObject({ kind: z.literal('remove'), name: storedName }),
]);

type Asked = z.output<typeof listPreviewBody> | z.output<typeof listChangeBody>;
type Details = Pick<z.output<typeof consumerBody>, 'group' | 'wave' | 'due' | 'contact'>;

/** A command with the hashes of the credentials that were sent. */
export function listCommandOf(asked: Asked, route: string, { hash }: Pick<ConsumerControl, 'hash'>): ListCommand {
  const hashOf = (sent: Sent): string | null => {
    const given = [
      ...(sent.key === undefined ? [] : [{ key: sent.key }]),
      ...(sent.keySha256 === undefined ? [] : [{ sha256: sent.keySha256 }]),
      ...(sent.clientId === undefined ? [] : [{ clientId: sent.clientId }]),
    ];
    if (given.length > 1) {
      throw new Problem('invalid-input', ONE_MARK, { issues: [{ path: 'clientId', message: ONE_MARK }] });
    }
    const [mark] = given;
    return mark === undefined ? null : hash(route, mark);
  };
  switch (asked.kind) {
    case 'move':
      return { kind: 'move', who: movedBy(asked.who), to: asked.to };
    case 'import':
      return {
        kind: 'import',
        consumers: asked.consumers.map(({ name, group = null, wave = null, due = null, contact = null, ...sent }) => {
          return { name, group, wave, due, contact, keyHash: hashOf(sent) };
        }),
        others: asked.prune ? 'removed' : 'stay',
      };
    case 'put': {
      const { name, rule: to, ...sent } = asked;
      const keyHash = hashOf(sent);
      return {
        kind: 'put',
        consumer: { name, rule: to, ...given(sent), ...(keyHash === null ? {} : { keyHash }) },
      };
    }
    case 'remove':
      return { kind: 'remove', name: asked.name };
  }
}

interface Sent {
  readonly key?: string | undefined;
  readonly keySha256?: string | undefined;
  readonly clientId?: string | undefined;
}

function movedBy(who: z.output<typeof move>['who']): MovedConsumers {
  if ('names' in who) return { by: 'names', names: who.names };
  if ('wave' in who) return { by: 'wave', wave: who.wave };
  const { group, share } = who;
  return share === undefined ? { by: 'group', group } : { by: 'share', group, shareBps: share };
}

function given({ group, wave, due, contact }: Details) {
  return {
    ...(group === undefined ? {} : { group }),
    ...(wave === undefined ? {} : { wave }),
    ...(due === undefined ? {} : { due }),
    ...(contact === undefined ? {} : { contact }),
  };
}
