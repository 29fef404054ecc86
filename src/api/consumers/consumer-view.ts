import { z } from '@hono/zod-openapi';

const instant = z.iso.datetime();
const rule = z.enum(['canary', 'stable', 'by-weight']);

const got = z.strictObject({
  version: z.string().nullable().describe('Null where each request is drawn, or where the version has no name yet'),
  says: z.string(),
});

const onceRulesCount = got
  .nullable()
  .describe('From the first step of a rollout on; null where rules count already, and where they count no more');

const details = {
  group: z.string().nullable(),
  wave: z.int().nullable(),
  due: z.string().nullable().describe('The last day on the old version, in UTC'),
  contact: z.string().nullable(),
};

export const consumerViewSchema = z
  .strictObject({
    route: z.string(),
    name: z.string(),
    rule,
    ...details,
    isOverdue: z.boolean().describe('It is not moved, and its due date is over'),
    now: got.describe('What it gets now, whatever its rule'),
    onceRulesCount,
    changedAt: instant,
  })
  .openapi('Consumer');

export const consumerViewsSchema = z.array(consumerViewSchema);

const side = z.strictObject({
  rule: rule.nullable().describe('Null where it is not listed'),
  ...details,
  now: got,
  onceRulesCount,
});

/** Of one consumer, as a change of its list is told. */
export const changedConsumerSchema = z.strictObject({
  name: z.string(),
  what: z.enum(['listed', 'changed', 'removed']),
  why: z.string(),
  before: side,
  after: side,
  credential: z.enum(['kept', 'new', 'gone']),
});

export const listChangeViewSchema = z
  .strictObject({
    list: z.string().describe('Identifies the list by its content: in quotes, it is the ETag'),
    says: z.array(z.string()).readonly().describe('Finished sentences'),
    changes: z.array(changedConsumerSchema).readonly(),
    unchanged: z.array(z.string()).readonly().describe('Meant as well, and like this already'),
  })
  .openapi('ListChange');

export type ListChangeView = z.infer<typeof listChangeViewSchema>;
