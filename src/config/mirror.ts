import { z } from 'zod';
import { duration, fraction } from '../policy/units.ts';
import { ABOVE_ZERO } from './bounds.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** RFC 9110 section 9.2.1: a client that sends one of these asks for no change. */
const SAFE: ReadonlySet<(typeof METHODS)[number]> = new Set(['GET', 'HEAD', 'OPTIONS']);

const LONGEST_MS = 60_000;

const DEFAULTS = {
  methods: ['GET', 'HEAD'] satisfies (typeof METHODS)[number][] as (typeof METHODS)[number][],
  perSecond: 20,
  concurrency: 10,
  timeout: 10_000,
  compare: true,
};

const share = fraction.refine((part) => part > 0 && part <= 1, 'must be more than 0% and at most 100%');

/** `mirror` of a route. */
export const mirrorSchema = z.union([
  share.transform((part) => ({ share: part, ...DEFAULTS })),
  z.strictObject({
    share: share.describe('Of the requests that the stable answered: these are sent to the canary as well'),
    methods: z
      .array(z.literal(METHODS))
      .min(1)
      .default(DEFAULTS.methods)
      .describe('What is sent again; of any but GET, HEAD and OPTIONS the version does everything twice'),
    perSecond: z.int().min(1).max(1_000).default(DEFAULTS.perSecond).describe('To each version at most, per second'),
    concurrency: z
      .int()
      .min(1)
      .max(100)
      .default(DEFAULTS.concurrency)
      .describe('To each version at most, at the same time'),
    timeout: duration
      .prefault('10s')
      .refine((ms) => ms > 0 && ms <= LONGEST_MS, 'must be more than 0s and at most 60s')
      .meta(ABOVE_ZERO)
      .describe('For a whole answer; what takes longer is broken off'),
    compare: z
      .boolean()
      .default(DEFAULTS.compare)
      .describe('Whether answers are compared where the policy has `checks.answers`: the stable is asked once more'),
  }),
]);

export type ConfiguredMirror = z.output<typeof mirrorSchema>;

/** The methods by which a mirrored request may change something: it is done once more than its client asked for. */
export function unsafeMethods({ methods }: ConfiguredMirror): readonly string[] {
  return methods.filter((method) => !SAFE.has(method));
}
