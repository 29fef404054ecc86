import type { ConsumerRule } from '../../split/order.ts';
import { histogramOn } from '../../stats/latency/latency-grid.ts';
import { bucketMs, quantileBucket } from '../../stats/latency/log-histogram.ts';
import type { Consumer } from '../consumer.ts';
import type { Got } from '../ruled-versions.ts';
import { type ConsumerDay, LEDGER_GRID, utcDayOf, type Who } from './consumer-day.ts';
import { answeredBy, ownerIn, pastsOf } from './past.ts';

const DAY_MS = 86_400_000;
const WEEK = 7;

/** What one version answered to one consumer in the days of a report. */
export interface VersionAnswers {
  readonly version: string;
  readonly requests: number;
  /** Of the requests, 0..1; null without any. */
  readonly errorShare: number | null;
  readonly clientErrorShare: number | null;
  /** Within 8.2 % above; null where no latency counts. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export interface ReportedConsumer {
  readonly name: string;
  readonly group: string | null;
  readonly wave: number | null;
  readonly due: string | null;
  readonly isOverdue: boolean;
  readonly contact: string | null;
  readonly rule: ConsumerRule;
  readonly now: Got;
  /** RFC 3339; null for one that was never seen. */
  readonly firstSeenAt: string | null;
  readonly lastSeenAt: string | null;
  /** Over the last 7 UTC days, and over all days of the report; the present day counts, although it is not over. */
  readonly requestsPerDay: { readonly lastWeek: number; readonly all: number };
  /** On the old version and on the new one; null where there is no new one. */
  readonly before: VersionAnswers;
  readonly after: VersionAnswers | null;
}

/** The requests of a kind, and their share of all that are counted. */
export interface TrafficShare {
  readonly requests: number;
  /** 0..1; null while nothing is counted. */
  readonly share: number | null;
  readonly byVersion: readonly { readonly version: string; readonly requests: number }[];
}

export interface ConsumerReport {
  readonly route: string;
  readonly at: string;
  readonly days: number;
  /** The first UTC day that counts. */
  readonly fromDay: string;
  readonly versions: { readonly before: string; readonly after: string | null };
  readonly consumers: readonly ReportedConsumer[];
  readonly listed: TrafficShare;
  readonly unlisted: TrafficShare & {
    readonly credentials: number;
    readonly largest: readonly {
      /** The first 12 hex digits of the keyed hash. */
      readonly hash: string;
      /** As it was listed before. */
      readonly formerName: string | null;
      readonly requests: number;
      readonly firstSeenAt: string;
      readonly lastSeenAt: string;
    }[];
  };
  /** Credentials that are not counted one by one. */
  readonly unlistedOthers: TrafficShare;
  /** Without a credential, or with one that does not verify. */
  readonly withoutCredential: TrafficShare;
}

/** A consumer of the list, and what it gets. */
export interface ListedNow extends Consumer {
  readonly isOverdue: boolean;
  readonly now: Got;
}

export interface ReportedPast {
  readonly days: readonly ConsumerDay[];
  readonly seen: readonly { readonly who: Who; readonly firstAt: number; readonly lastAt: number }[];
  readonly sums: readonly { readonly kind: Who['kind']; readonly version: string; readonly requests: number }[];
  readonly unlisted: {
    readonly credentials: number;
    readonly largest: readonly {
      readonly keyHash: string;
      readonly formerName: string | null;
      readonly requests: number;
      readonly firstAt: number;
      readonly lastAt: number;
    }[];
  };
}

/** The first of `days` UTC days of which the last is that of `at`. */
export function firstDayOf(days: number, at: number): string {
  return utcDayOf(at - (days - 1) * DAY_MS);
}

/** @param past of the days from `firstDayOf(days, at)` on; `seen` of all time */
export function consumerReport(
  route: string,
  list: readonly ListedNow[],
  versions: ConsumerReport['versions'],
  past: ReportedPast,
  { days, at }: { readonly days: number; readonly at: number },
): ConsumerReport {
  const pasts = pastsOf(list, past.days);
  const seen = seenBy(list, past.seen);
  const lastWeek = firstDayOf(Math.min(WEEK, days), at);
  const total = past.sums.reduce((sum, { requests }) => sum + requests, 0);
  const shareOf = (kind: Who['kind']) =>
    trafficShare(
      past.sums.filter((sum) => sum.kind === kind),
      total,
    );
  return {
    route,
    at: rfc3339(at),
    days,
    fromDay: firstDayOf(days, at),
    versions,
    consumers: list.map(({ name, group, wave, due, isOverdue, contact, rule, now }) => {
      const own = pasts.get(name) ?? [];
      const perDay = (rows: readonly ConsumerDay[], of: number) =>
        Math.round((rows.reduce((sum, { requests }) => sum + requests, 0) / of) * 10) / 10;
      return {
        name,
        group,
        wave,
        due,
        isOverdue,
        contact,
        rule,
        now,
        firstSeenAt: orNull(seen.get(name)?.firstAt),
        lastSeenAt: orNull(seen.get(name)?.lastAt),
        requestsPerDay: {
          lastWeek: perDay(
            own.filter(({ day }) => day >= lastWeek),
            Math.min(WEEK, days),
          ),
          all: perDay(own, days),
        },
        before: versionAnswers(versions.before, own),
        after: versions.after === null ? null : versionAnswers(versions.after, own),
      };
    }),
    listed: shareOf('listed'),
    unlisted: {
      ...shareOf('unlisted'),
      credentials: past.unlisted.credentials,
      largest: past.unlisted.largest.map(({ keyHash, formerName, requests, firstAt, lastAt }) => ({
        hash: keyHash.slice(0, 12),
        formerName,
        requests,
        firstSeenAt: rfc3339(firstAt),
        lastSeenAt: rfc3339(lastAt),
      })),
    },
    unlistedOthers: shareOf('unlisted-others'),
    withoutCredential: shareOf('none'),
  };
}

function versionAnswers(version: string, days: readonly ConsumerDay[]): VersionAnswers {
  const { requests, errors, clientErrors, latency } = answeredBy(version, days);
  const times = histogramOn(latency, LEDGER_GRID);
  const atLevel = (level: number) => {
    const bucket = quantileBucket(times, level);
    return bucket === null ? null : Number(bucketMs(bucket, LEDGER_GRID).toPrecision(3));
  };
  return {
    version,
    requests,
    errorShare: shareIn(errors, requests),
    clientErrorShare: shareIn(clientErrors, requests),
    p50Ms: atLevel(0.5),
    p95Ms: atLevel(0.95),
  };
}

function seenBy(list: readonly ListedNow[], seen: ReportedPast['seen']) {
  const owner = ownerIn(list);
  const byName = new Map<string, { readonly firstAt: number; readonly lastAt: number }>();
  for (const { who, firstAt, lastAt } of seen) {
    const name = owner(who)?.name;
    if (name === undefined) continue;
    const before = byName.get(name) ?? { firstAt, lastAt };
    byName.set(name, { firstAt: Math.min(before.firstAt, firstAt), lastAt: Math.max(before.lastAt, lastAt) });
  }
  return byName;
}

function trafficShare(sums: ReportedPast['sums'], total: number): TrafficShare {
  const requests = sums.reduce((sum, one) => sum + one.requests, 0);
  return {
    requests,
    share: shareIn(requests, total),
    byVersion: sums.map((one) => ({ version: one.version, requests: one.requests })),
  };
}

function shareIn(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function orNull(at: number | undefined): string | null {
  return at === undefined ? null : rfc3339(at);
}

function rfc3339(at: number): string {
  return new Date(at).toISOString();
}
