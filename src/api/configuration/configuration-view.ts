import { z } from '@hono/zod-openapi';

const difference = z.strictObject({
  path: z.string().describe('By names: `routes.shop.timeouts`. Values are as they are written: of a secret, its name'),
  before: z.unknown(),
  after: z.unknown(),
  effect: z
    .enum(['applied', 'needs-restart', 'refused', 'promoted'])
    .describe('`promoted`: a rollout made another version the stable, which the file need not say'),
});

export const configurationViewSchema = z.strictObject({
  file: z.string().nullable().describe('Null where this Serin was started without one'),
  since: z.string().describe('When it was read'),
  fault: z
    .string()
    .nullable()
    .describe('The first fault of the file as it was last read; null where what it says is in force'),
  waiting: z.array(difference).describe('What the file says and only a restart brings'),
  yaml: z.string().describe('What is in force, as a file; secrets and what the environment gives by their names'),
});
export type ConfigurationView = z.output<typeof configurationViewSchema>;

export const differencesSchema = z.strictObject({ differences: z.array(difference) });
export type Differences = z.output<typeof differencesSchema>;

export const reloadViewSchema = z.strictObject({
  applied: z.array(difference).describe('What counts from now on, or would'),
  waiting: z.array(difference).describe('What the file says and only a restart brings'),
});
export type ReloadView = z.output<typeof reloadViewSchema>;

export const compareBody = z.strictObject({
  text: z.string().max(65_536).describe('The text of a serin.yaml; what it refers to is not read'),
  file: z.string().max(500).default('serin.yaml').describe('Its name, for messages'),
});
