import { z } from '@hono/zod-openapi';
import { VERBS } from '../rollout/acts/deed.ts';
import { SCOPE_VERBS } from '../rollout/acts/scope.ts';
import { ROLES } from '../rollout/event.ts';
import { MEANS } from '../rollout/eyes/means.ts';
import { NEEDS } from '../rollout/needs/stage-needs.ts';
import { ROUTER_NAMES } from '../split/capabilities.ts';
import { POST_OUTCOMES, type PostOutcome } from '../stats/answers/posted-value.ts';
import { checkName, verdictViewSchema } from './verdict-schemas.ts';
import { declaredViewSchema } from './views/declared-view.ts';
import { stageViewSchema } from './views/stages-view.ts';

const instant = z.iso.datetime().describe('RFC 3339, UTC');
const version = z.strictObject({ url: z.string(), version: z.string() });
const actor = z.strictObject({ name: z.string(), role: z.string() });
/** A person may be called serin too, so that the name alone does not tell. */
const ROLE_OF_REASON = 'The role is `serin` where Serin did, whose reasons are sentences of its own';

export const canaryLanes = z
  .strictObject({
    weight: z.int().describe('Drawn by the weight: the only ones that are compared'),
    forced: z.int().describe('Asked for by a header, mostly by tests'),
    ruled: z.int().describe('By the rule of a consumer'),
  })
  .nullable()
  .describe('The same by how they got the canary; null for a rollout that began before they were told apart');

const cost = z
  .strictObject({
    canaryRequests: z.int().describe('All that the canary has answered or failed, forced ones included'),
    lanes: canaryLanes,
    excessErrors: z
      .strictObject({ estimate: z.number(), low: z.number().nullable(), high: z.number().nullable() })
      .nullable()
      .describe(
        'Beyond what the rate of the stable would have given while both served, with a 95 % prediction interval; none where keys are sticky',
      ),
    says: z.string(),
  })
  .nullable()
  .describe('What the rollout has cost; null for one that began before it was counted');

export const rolloutViewSchema = z
  .strictObject({
    id: z.string(),
    route: z.string(),
    attempt: z.int(),
    version: z.int().describe('Counts the changes; also the ETag'),
    active: z.boolean(),
    stage: z.string().describe('preflight, internal, step-1, ..., bake, promoted, finalised, rolled-back, ...'),
    nextStage: z.string().nullable(),
    stages: z.array(stageViewSchema).describe('The way from internal to promoted'),
    stageEnteredAt: instant,
    router: z
      .enum(ROUTER_NAMES)
      .describe('`none`: another router makes the split, and the share of the canary is advice'),
    heavyLast: z
      .strictObject({ keys: z.int(), share: z.number() })
      .nullable()
      .describe(
        'Sticky keys that get the canary at 100 % only, and the part of the traffic that they had before the start',
      ),
    canaryWeight: z.string().describe('The share of the canary: 25%'),
    canaryBps: z.int().describe('The share of the canary in basis points, as it is ordered'),
    inForceBps: z
      .int()
      .nullable()
      .describe(
        'The share that is in force by now: less than ordered during a ramp, or where the gateway took it back; null once it has ended, and where another router makes the split',
      ),
    stable: version,
    canary: version,
    policy: z.strictObject({
      name: z.string(),
      digest: z.string(),
      changed: z
        .boolean()
        .nullable()
        .describe('Whether the policy of that name differs now; null where there is none, or it cannot be read'),
    }),
    paused: z
      .strictObject({
        at: instant,
        by: z.string(),
        role: z.string().nullable().describe(`${ROLE_OF_REASON}; null for a pause that an older Serin recorded`),
        reason: z.string().describe('In the words of who paused it, without quotation marks'),
      })
      .nullable(),
    dwell: z.strictObject({ needMs: z.number(), haveMs: z.number() }),
    gates: z.array(
      z.strictObject({
        name: z.string(),
        open: z.boolean(),
        approval: z
          .strictObject({
            by: z.int(),
            notStarter: z.boolean().describe('Whether none may have started or rebased the rollout'),
            approvals: z.array(z.strictObject({ name: z.string(), via: z.enum(MEANS).nullable() })),
          })
          .nullable()
          .describe('How many people have to approve, and who has in this stage; null where one person opens it'),
      }),
    ),
    forced: z
      .strictObject({ requests: z.int(), errors: z.int(), needRequests: z.int(), maxErrors: z.int() })
      .describe('The forced requests that the internal phase has seen and takes'),
    skippedChecks: z.array(checkName),
    verdict: verdictViewSchema.nullable(),
    needs: z
      .array(z.strictObject({ what: z.enum(NEEDS), met: z.boolean(), says: z.string() }))
      .describe(
        'Everything that has to be true before the stage ends by itself: the look at which all are met ends it; empty once it has ended',
      ),
    waitsFor: z
      .array(z.string())
      .describe(
        'What only a person can do now: resume, look (at what the open page is about, and answer it by any command), advance, finalise, gate:NAME; empty when nothing',
      ),
    acts: z
      .array(
        z.strictObject({
          verb: z.enum(VERBS),
          role: z.enum(ROLES),
          refused: z.string().nullable(),
          secondPerson: z.boolean(),
        }),
      )
      .describe(
        'What a person may do: each verb, the least role that it takes, and why it would be refused now; null where it would be taken. A verb that takes something ' +
          'is tried with what is likely: `advance` to the next stage, `promote` with the bake, and in the bake without, `weight` to half of it, `extend` by an hour, ' +
          '`skip` of what the verdict rests on, `gate` for the first that is closed; `retry` as far as it is known before the canary is asked. `secondPerson`: it would only be asked for, because the policy protects it',
      ),
    asked: z
      .array(
        z.strictObject({
          version: z.int().describe('Of the rollout after it was asked for'),
          command: z.string().describe('What the second person types; in the API, the same request'),
          by: z.strictObject({ name: z.string(), via: z.enum(MEANS).nullable() }),
          reason: z.string().describe('In the words of who asked'),
          at: instant,
          until: instant,
          open: z.boolean().describe('False once its time is over: it is void then'),
          says: z.string(),
        }),
      )
      .describe('What was asked for in this stage and takes a second person'),
    openPage: z.enum(['rolled-back', 'harmful', 'undecided', 'blind', 'shared-fault']).nullable(),
    reason: z
      .string()
      .describe("Why it is where it is, in one sentence; a person's words are in quotation marks, behind their name"),
    reasonBy: actor
      .nullable()
      .describe(`Who gave the reason. ${ROLE_OF_REASON}; null where an older Serin recorded it`),
    cost,
    trafficPerSecond: z
      .number()
      .nullable()
      .describe(
        'Requests of both versions that the weight divides; null where none were measured in the last two minutes',
      ),
    sticky: z
      .string()
      .nullable()
      .describe('What decides which version a request gets; null where each is drawn by itself, or by another router'),
    source: z.string().nullable().describe('Where the figures come from: gateway, or the name of a source'),
    startedAt: instant,
    startedBy: z.string().nullable(),
    endedAt: instant.nullable(),
    endedBy: actor
      .nullable()
      .describe(`Who ended it. ${ROLE_OF_REASON}; null while it runs, and where an older Serin ended it`),
    lookedAt: instant.describe('The last look at the evidence'),
    look: z
      .strictObject({
        agoMs: z.number().describe('Age of the verdict: time since the last recorded look'),
        overdueMs: z
          .number()
          .describe('The age from which on something is wrong: three of `controller.tick`, and at least 15 s'),
        failures: z.int().describe('Looks that have failed since'),
        trouble: z.string().nullable().describe('Why the last one failed'),
      })
      .nullable()
      .describe('Null once the rollout has ended'),
    declared: declaredViewSchema.nullable().describe('Null where the route declares no OpenAPI documents'),
    unrecorded: z
      .strictObject({
        event: z.string().describe('rolledBack, aborted, canaryBraked or harmHeld'),
        by: z.string(),
        role: z.string().describe(ROLE_OF_REASON),
        reason: z.string().describe('In the words of who did it, without quotation marks'),
        at: instant.nullable(),
      })
      .nullable()
      .describe(
        'Done while the database was away, which has not recorded it yet: the gateway sends everything to the stable, or, with `harmHeld`, harm was found and the canary keeps its weight until a person decides',
      ),
  })
  .openapi('Rollout');

// Not `extend`, as for a new token.
export const startedViewSchema = z
  .strictObject({
    ...rolloutViewSchema.shape,
    created: z
      .boolean()
      .describe('False where the same canary and policy run already: nothing was changed, and this is what runs'),
  })
  .openapi('StartedRollout');

export const auditViewSchema = z
  .strictObject({
    seq: z.int(),
    at: instant,
    actor: z.strictObject({
      ...actor.shape,
      via: z
        .enum(MEANS)
        .nullable()
        .describe('By what they were let in; null of Serin itself, and where an older Serin recorded it'),
      subject: z
        .string()
        .nullable()
        .describe(
          'Who it is, whatever the name: `token:ID`, also of a session that the token opened; null where it is not known',
        ),
    }),
    route: z.string(),
    rolloutId: z.string().nullable(),
    event: z.looseObject({ kind: z.string() }),
    reason: z.string().describe('In the words of the actor, without quotation marks'),
    before: z.unknown(),
    after: z.unknown(),
    hash: z.string(),
  })
  .openapi('AuditEntry');

const scopeSchema = z.strictObject({
  routes: z.array(z.string()).readonly().nullable().describe('The routes that it sees and acts on; null for all'),
  verbs: z.array(z.enum(SCOPE_VERBS)).readonly().nullable().describe('What it may do; null for all that its role may'),
});

export const tokenViewSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    sender: z
      .strictObject({ route: z.string().optional(), version: z.string().optional() })
      .nullable()
      .describe('The route and version of the log lines that it sends; null where it is bound to neither'),
    scope: scopeSchema.nullable().describe('What it is limited to; null where its role alone decides'),
    createdAt: instant,
    expiresAt: instant.nullable().describe('Null where it does not expire'),
    lastUsedAt: instant
      .nullable()
      .describe(
        'When a request was last let in by it, or by a session that it opened; null where none was, as far as is known',
      ),
    revokedAt: instant.nullable(),
  })
  .openapi('Token');

// Not `extend`: the description would require a Token, which allows no other keys, that also has this one.
export const newTokenViewSchema = z
  .strictObject({ ...tokenViewSchema.shape, token: z.string().describe('Shown this once; only its hash is kept') })
  .openapi('NewToken');

export const auditVerificationSchema = z
  .strictObject({ entries: z.int(), brokenAt: z.int().nullable() })
  .openapi('AuditVerification');

export const issueSchema = z.strictObject({
  path: z.string(),
  message: z.string(),
  place: z.strictObject({ file: z.string(), line: z.int(), column: z.int() }).optional(),
  excerpt: z.string().optional().describe('The line with a caret under the place'),
});

const policyAnswer = z.strictObject({
  what: z.string().describe('The query check, or what the source was asked for of its own'),
  source: z.string(),
  track: z.enum(['stable', 'canary']),
  version: z.string(),
  outcome: z.enum(['value', 'nothing', 'unusable', 'refused', 'undeclared', 'unreachable']),
  value: z
    .union([z.number(), z.array(z.number()).readonly()])
    .nullable()
    .describe('A list has one value for each pod'),
  says: z.string(),
});

export const policyCheckViewSchema = z
  .strictObject({
    route: z.string(),
    issues: z.array(issueSchema).readonly().describe('What is wrong with the policy; empty when nothing is'),
    unreachable: z.array(z.string()).readonly().describe('What could not be found out'),
    answers: z.array(policyAnswer).readonly(),
    notes: z.array(z.string()).readonly().describe('What the route makes of every policy, such as its sticky keys'),
  })
  .openapi('PolicyCheck');

export const buildViewSchema = z
  .strictObject({
    name: z.literal('serin').describe('Distinguishes the control API from another server at the same address'),
    version: z.string(),
    node: z.string(),
  })
  .openapi('Build');

const postOutcome = z
  .enum(POST_OUTCOMES)
  .describe(
    'twice: the answer had this value already; late: the split of the request is over; unknown-request: no answer that is remembered ' +
      'has this id; ambiguous-request: several have it; unknown-value: no check of the rollout waits for it; unusable: no number from 0 on',
  );

export const meViewSchema = z
  .strictObject({
    name: z.string(),
    role: z.string(),
    roles: z.array(z.enum(ROLES)).readonly().describe('The roles whose work this one may do'),
    verbs: z.array(z.enum(SCOPE_VERBS)).readonly().describe('What one may do, by role and scope'),
    scope: scopeSchema.nullable().describe('What the token is limited to; null where its role alone decides'),
    via: z.enum(['token', 'session', 'oidc', 'anonymous']),
    subject: z
      .string()
      .nullable()
      .describe('Who it is, whatever the name: `token:ID`, or `ISSUER#SUB` of the OpenID provider; null for nobody'),
    until: z.iso.datetime().nullable().describe('The end of the session; null without one'),
    expiresAt: z.iso.datetime().nullable().describe('When the token expires; null where it does not'),
  })
  .openapi('Me');

export const signInViewSchema = z
  .strictObject({
    token: z.literal(true).describe("A token of Serin's own is always taken"),
    oidc: z
      .strictObject({
        issuer: z.string().describe('It answers OpenID Connect Discovery'),
        label: z.string().describe('What people call the provider'),
        clientId: z.string().nullable().describe('The public client of `serin login`; null where there is none'),
        scopes: z.array(z.string()).readonly(),
      })
      .nullable()
      .describe('The OpenID provider whose tokens are taken as bearers; null without control.oidc in serin.yaml'),
  })
  .openapi('SignIn');

const lines = (what: string) => z.int().describe(what);

export const logsViewSchema = z
  .strictObject({
    route: z.string(),
    counts: z.strictObject({
      counted: lines('Compared'),
      malformed: lines('Neither a message nor a level could be read'),
      tooLong: lines('Longer than 64 KiB'),
      unknownVersion: lines('Of no version of the running rollout, or of none'),
      late: lines('Written more than a minute before they came'),
      unwatched: lines('No rollout of the route is judged by its logs now; they wait for a minute in case one starts'),
      unrouted: lines('Of a route that there is not'),
    }),
  })
  .openapi('Logs');

export const postedViewSchema = z.strictObject({
  route: z.string(),
  counts: z.strictObject(
    Object.fromEntries(POST_OUTCOMES.map((outcome) => [outcome, z.number()])) as Record<PostOutcome, z.ZodNumber>,
  ),
  values: z
    .array(z.strictObject({ requestId: z.string(), name: z.string(), outcome: postOutcome }))
    .describe('In the order in which they were posted'),
});

export const rolloutViewsSchema = z.array(rolloutViewSchema);
export const auditViewsSchema = z.array(auditViewSchema);
export const tokenViewsSchema = z.array(tokenViewSchema);

export type BuildView = z.infer<typeof buildViewSchema>;
export type PolicyCheckView = z.infer<typeof policyCheckViewSchema>;
export type TokenViews = z.infer<typeof tokenViewsSchema>;
export type RolloutView = z.infer<typeof rolloutViewSchema>;
export type AuditView = z.infer<typeof auditViewSchema>;
export type PostedView = z.output<typeof postedViewSchema>;
