import { z } from '@hono/zod-openapi';
import { allNames } from '../parity/each-check.ts';
import { personalName, readableLine, readableReason, routeName, versionName } from '../policy/names.ts';
import { isStorable, UNSTORABLE } from '../policy/storable.ts';
import { duration, weight } from '../policy/units.ts';
import { SCOPE_VERBS } from '../rollout/acts/scope.ts';
import { MOST_POSTED } from '../stats/answers/posted-value.ts';
import { NO_EXPIRY, readExpiry } from './entry/read-expiry.ts';

const NAMES = allNames();
const LISTED = NAMES.flatMap(({ listed }) => listed);
const OPEN = NAMES.flatMap(({ open }) => open ?? []).toSorted((left, right) => left.form.localeCompare(right.form));

const checkName = z.union([z.enum(LISTED), ...OPEN.map(({ pattern }) => z.string().regex(pattern))], {
  error: `must be ${OPEN.map(({ form }) => form).join(', ')}, or one of ${LISTED.join(', ')}`,
});

const LONGEST_NAME = 100;

/** A name that was stored by whatever rule there was then, so that it can be removed. No flag: JSON Schema has none. */
export const storedName = z
  .string()
  .regex(
    new RegExp(`^[^\\x00-\\x1f\\x7f-\\x9f]{1,${LONGEST_NAME}}$`),
    `must be 1 to ${LONGEST_NAME} printable characters`,
  )
  .refine((text) => text.isWellFormed(), UNSTORABLE);

export const reason = readableReason(500)
  .transform((text) => text.trim())
  .describe('Why; kept in the audit log');

const page = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
};

const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional();

export const rolloutParams = z.strictObject({ id: z.uuid() });
export const gateParams = z.strictObject({ id: z.uuid(), gate: readableLine(63) });
export const routeParams = z.strictObject({ route: readableLine(100) });
export const consumerParams = z.strictObject({ route: readableLine(100), name: personalName });
export const listedConsumerParams = z.strictObject({ route: storedName, name: storedName });
export const tokenParams = z.strictObject({ id: z.uuid() });

export const consumerReportQuery = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(30)
    .describe('How many UTC days count, the present one included'),
});

export const rolloutQuery = z.strictObject({
  ...page,
  route: readableLine(100).optional(),
  active: flag.describe('Only rollouts that run (true) or have ended (false)'),
  cursor: z.uuid().optional(),
});
const position = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional();
/** Of a list that is short: whoever asks for no page gets all of it. */
const wholeList = { limit: z.coerce.number().int().min(1).max(1_000).default(1_000), cursor: position };
export const tokensQuery = z.strictObject(wholeList);
export const messagesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(100),
  cursor: position,
});
export const routesQuery = z.strictObject({
  ...wholeList,
  series: flag.describe('Left out, or true: with the requests of each of the last 60 minutes'),
});
const auditCursor = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional();
export const auditQuery = z.strictObject({ ...page, route: readableLine(100).optional(), cursor: auditCursor });
export const rolloutAuditQuery = z.strictObject({ ...page, cursor: auditCursor });
/** A DELETE has no body (RFC 9110 section 9.3.5), so its reason is a parameter. */
export const removalQuery = z.strictObject({ reason });

export const startBody = z.strictObject({
  route: readableLine(100),
  canaryUrl: z
    .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
    .max(2048)
    .refine(isStorable, { error: UNSTORABLE, abort: true })
    .refine(
      (url) => readableLine(2048).safeParse(url).success,
      'must not contain characters that control how it is shown',
    )
    .describe('Where the new version answers; an operator may name what `upstreams` in serin.yaml allows'),
  version: versionName.optional().describe('The name of the new version'),
  policy: readableLine(63).optional().describe("The name of a policy other than the route's own"),
  replace: z.boolean().default(false).describe('Supersedes the rollout that runs'),
  force: z.boolean().default(false).describe('Starts a version that was rolled back before'),
  reason,
});

export const reasonBody = z.strictObject({ reason });
export const reloadBody = z.strictObject({
  reason,
  dryRun: z.boolean().default(false).describe('Whether only to say what would change'),
});
const leaveBehind = z
  .boolean()
  .default(false)
  .describe('Goes on without the consumers that still need the old version; the audit names them');
export const advanceBody = z.strictObject({
  to: readableLine(63).describe('The stage that is meant: it must be the next one'),
  leaveBehind,
  reason,
});
export const promoteBody = z.strictObject({
  full: z.boolean().default(false).describe('Without the bake'),
  repair: z
    .boolean()
    .default(false)
    .describe(
      'As a repair of a stable that is seen to fail more than half of its requests: without the bake, and recorded as one',
    ),
  leaveBehind,
  reason,
});
export const weightBody = z.strictObject({ weight, reason });
export const extendBody = z.strictObject({ by: duration, reason });
export const skipBody = z.strictObject({ check: checkName, reason });

const SENDERS_ROLE = 'logs:write';

const NO_SENDER = `only a token of the role ${SENDERS_ROLE} has a sender: others are limited to routes by a scope`;
const NO_SCOPE = `a token of the role admin has no scope, because its bearer can make any other; one of ${SENDERS_ROLE} has a sender instead`;

function strayField({ code, keys }: { readonly code?: string | undefined; readonly keys?: readonly string[] }) {
  if (code !== 'unrecognized_keys' || keys === undefined) return undefined;
  if (keys.includes('scope')) return NO_SCOPE;
  return keys.includes('sender') ? NO_SENDER : undefined;
}

const MOST_SCOPED = 100;
const scopedRoutes = z
  .array(routeName)
  .min(1, 'must name a route at least; leave it out for all')
  .max(MOST_SCOPED)
  .optional()
  .describe('The routes that it sees and acts on, by their exact names; left out: all');
const scopedVerbs = z
  .array(z.enum(SCOPE_VERBS, { error: `must be of ${SCOPE_VERBS.join(', ')}` }))
  .min(1, 'must name a verb at least; leave it out for all')
  .max(MOST_SCOPED)
  .optional()
  .describe('What it may do; left out: all that its role may');

const tokenFields = {
  name: personalName,
  expires: z
    .string()
    .refine((text) => readExpiry(text) !== null, NO_EXPIRY)
    .optional()
    .describe('When it expires: a duration of at most 365d from now (30d), or a time (RFC 3339); left out: never'),
  reason,
};

export const tokenBody = z.discriminatedUnion('role', [
  z.strictObject({ ...tokenFields, role: z.literal('admin') }, { error: strayField }),
  z.strictObject(
    { ...tokenFields, role: z.enum(['viewer', 'scorer']), scope: z.strictObject({ routes: scopedRoutes }).optional() },
    { error: strayField },
  ),
  z.strictObject(
    {
      ...tokenFields,
      role: z.literal('operator'),
      scope: z.strictObject({ routes: scopedRoutes, verbs: scopedVerbs }).optional(),
    },
    { error: strayField },
  ),
  z.strictObject(
    {
      ...tokenFields,
      role: z.literal(SENDERS_ROLE),
      sender: z
        .strictObject({
          route: routeName.optional().describe('The route that its lines belong to'),
          version: versionName.optional().describe('The version that its lines are of'),
        })
        .optional()
        .describe('Whose lines it sends, whatever they say'),
    },
    { error: strayField },
  ),
]);

export const sessionBody = z.strictObject({
  token: z.string().regex(/^[A-Za-z0-9._~+/-]{1,512}=*$/, 'must be a token'),
});

export const policyCheckBody = z.strictObject({
  text: z.string().max(65_536).refine(isStorable, UNSTORABLE).describe('The policy, as its file has it'),
  file: readableLine(1_000)
    .default('policy.yaml')
    .describe('What the file is called: it is only named in what is found'),
  route: readableLine(100).optional().describe('Left out: the one route that takes the policy'),
  stable: readableLine(100).optional().describe('A version to ask for; left out: the one that serves'),
  canary: readableLine(100).optional().describe('A version to ask for; left out: the one that is rolled out, if any'),
});

export const logsQuery = z.strictObject({
  route: readableLine(100).optional().describe('Whose lines they are; left out: the route that the token is bound to'),
});

export const valuesBody = z.strictObject({
  route: readableLine(100),
  values: z
    .array(
      z.strictObject({
        requestId: readableLine(200).describe('The `X-Request-Id` that the upstream was sent'),
        name: readableLine(100).describe('As in `checks.values` of the policy'),
        value: z
          .unknown()
          .optional()
          .describe('A number from 0 on; anything else is `unusable`, and the others count all the same'),
      }),
    )
    .min(1, 'must have a value at least')
    .max(MOST_POSTED, `must have at most ${MOST_POSTED} values: post the rest in further requests`),
});
