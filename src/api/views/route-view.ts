import { z } from '@hono/zod-openapi';
import { formatBps } from '../../policy/units.ts';
import { ENDS, stageName } from '../../rollout/state.ts';
import { ROUTER_NAMES } from '../../split/capabilities.ts';
import type { RouteStanding } from '../control.ts';
import { verdictViewSchema } from '../verdict-schemas.ts';
import { rolloutViewSchema } from '../view-schemas.ts';
import { waitsFor } from '../waits-for.ts';

const instant = z.iso.datetime().describe('RFC 3339, UTC');
const series = z
  .array(z.int().nullable())
  .optional()
  .describe('Requests that ended in each of the last 60 whole minutes, the oldest first; null where that is not known');

export const routeViewsSchema = z.array(
  z
    .strictObject({
      name: z.string(),
      host: z.string().nullable().describe('Null for every host, and where another router carries the route'),
      path: z.string().nullable().describe('Null where another router carries the route'),
      stable: z
        .strictObject({ url: z.string(), version: z.string() })
        .describe('What serves, or what the canary of the running rollout is held against'),
      policy: z.string().describe('The declared one; a rollout may have been started with another'),
      router: z.enum(ROUTER_NAMES),
      split: z
        .strictObject({
          epoch: z.int(),
          since: instant,
          onTrial: z.boolean().describe('The stable serves the few keys of the canary, for a trial'),
        })
        .nullable()
        .describe('The split that is in force at the gateway; null where there is none, or where it cannot be seen'),
      traffic: z.strictObject({
        perSecond: z.number().nullable().describe('Requests of both versions in the last minute; null where unknown'),
        stable: series,
        canary: series,
      }),
      rollout: z
        .strictObject({
          id: z.string(),
          version: z.string().describe('Of the canary'),
          stage: z.string(),
          canaryWeight: z.string().describe('25%'),
          canaryBps: z.int().describe('As it is ordered'),
          inForceBps: rolloutViewSchema.shape.inForceBps,
          verdict: verdictViewSchema.shape.name.nullable().describe('Null before the first'),
          waitsFor: rolloutViewSchema.shape.waitsFor,
          openPage: rolloutViewSchema.shape.openPage,
        })
        .nullable()
        .describe('The one that runs'),
      force: z
        .strictObject({
          header: z.string(),
          value: z.string().describe('What it has to say'),
          from: z.array(z.string()).nullable().describe("The networks whose requests may; null where everybody's may"),
          tokens: z.enum(['accepted', 'none']).describe('Whether a token of `serin force-token` lets anybody else'),
        })
        .nullable()
        .describe('How a request asks for the canary; null where another router carries the route'),
      lastEnded: z
        .strictObject({
          id: z.string(),
          version: z.string().describe('Of the canary'),
          stage: z.enum(ENDS),
          reason: z.string(),
          endedBy: rolloutViewSchema.shape.endedBy,
          endedAt: instant,
        })
        .nullable()
        .describe('The one that ended last'),
    })
    .openapi('Route'),
);

export type RouteView = z.infer<typeof routeViewsSchema>[number];

/** `shown`: whether the points of the last hour are. */
export function routeView(standing: RouteStanding, shown: 'with-series' | 'without-series'): RouteView {
  const { name, host, path, stable, policy, router, split, traffic, force, lastEnded } = standing;
  const { perSecond } = traffic;
  const points = shown === 'with-series' ? { stable: [...traffic.stable], canary: [...traffic.canary] } : {};
  return {
    name,
    host,
    path,
    stable: { url: stable.url, version: stable.version },
    policy,
    router,
    split: split && { epoch: split.epoch, since: at(split.since), onTrial: split.onTrial ?? false },
    traffic: { perSecond: perSecond === null ? null : Math.round(perSecond * 100) / 100, ...points },
    rollout: runningView(standing),
    force: force && { ...force, from: force.from && [...force.from] },
    lastEnded: lastEnded && {
      id: lastEnded.id,
      version: lastEnded.version,
      stage: lastEnded.stage,
      reason: lastEnded.reason,
      endedBy: lastEnded.by && { ...lastEnded.by },
      endedAt: at(lastEnded.endedAt),
    },
  };
}

function runningView({ running }: RouteStanding): RouteView['rollout'] {
  if (running === null) return null;
  const { rollout, evidence } = running;
  const { id, canary, stage, canaryBps, openPage } = rollout;
  return {
    id,
    version: canary.version,
    stage: stageName(stage),
    canaryWeight: formatBps(canaryBps),
    canaryBps,
    inForceBps: running.inForceBps ?? null,
    verdict: evidence.verdict?.name ?? null,
    waitsFor: waitsFor(running),
    openPage,
  };
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}
