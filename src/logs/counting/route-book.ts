import type { Track } from '../../split/order.ts';
import type { Sighting, SightingName } from '../../stats/answers/sighting.ts';
import type { LogPair } from '../../stats/logs/log-counts.ts';
import { LineExamples } from '../examples/line-examples.ts';
import type { LogLine } from '../lines/log-line.ts';
import { TemplateMiner } from '../templates/template-miner.ts';
import { LastHeard } from './last-heard.ts';
import { OpenCounts } from './open-counts.ts';
import type { LineFate } from './outcomes.ts';
import type { LogSpan, WatchedVersions } from './take-logs.ts';

/** Lines that came this long after they were written are left out; of a clock that is ahead the time of arrival counts. */
const LATEST_MS = 60_000;
/** Lines are kept apart by this much of their time, so that each counts in the block in which it was written. */
const GRAIN_MS = 500;
/** More wait for no look: a minute and a half. */
const MOST_GRAINS = 180;

interface Grain extends Readonly<Record<Track, OpenCounts>> {
  /** Lines of its time were not read. */
  isIncomplete: boolean;
}

const emptyGrain = (): Grain => ({ stable: new OpenCounts(), canary: new OpenCounts(), isIncomplete: false });

/** The lines of one route since the last look, and its templates. */
export class RouteBook {
  /** When a look took lines last, or began to, epoch ms. */
  takenAt: number;
  private readonly versions: Readonly<Record<Track, string>>;
  private readonly miner = new TemplateMiner();
  private readonly examples = new LineExamples();
  private readonly heard: Readonly<Record<Track, LastHeard>> = { stable: new LastHeard(), canary: new LastHeard() };
  private readonly grains = new Map<number, Grain>();
  /** Given to a look whose cursor is not known to be committed. */
  private given: { readonly seq: number; readonly grains: ReadonlyMap<number, Grain> } | null = null;
  private lastSeq = 0;

  constructor({ stable, canary }: WatchedVersions, now: number) {
    this.versions = { stable, canary };
    this.takenAt = now;
  }

  /** Whether its lines are those of these versions. */
  isOf({ stable, canary }: WatchedVersions): boolean {
    return this.versions.stable === stable && this.versions.canary === canary;
  }

  add(line: LogLine, version: string | null, now: number): LineFate {
    const track = this.trackOf(version);
    if (track === null) return { outcome: 'unknown-version', track };
    this.heard[track].at(now);
    if (line.at !== null && now - line.at > LATEST_MS) return { outcome: 'late', track };
    const grain = this.grainAt(Math.min(line.at ?? now, now));
    const template = this.miner.templateOf(line);
    grain[track].add(line, template);
    this.examples.note(track, line, template);
    return { outcome: 'counted', track };
  }

  malformed(version: string | null, now: number): void {
    const track = this.trackOf(version);
    if (track !== null) this.grainAt(now)[track].addMalformed(1);
  }

  alive(version: string, now: number): void {
    const track = this.trackOf(version);
    if (track !== null) this.heard[track].at(now);
  }

  /** Lines that were written since `from` were not read. */
  missed(from: number, now: number): void {
    for (let at = Math.max(from, now - LATEST_MS); at <= now; at += GRAIN_MS) this.grainAt(at).isIncomplete = true;
  }

  /** See `MetricsSource.sightings`. */
  sightings(names: readonly SightingName[]): ReadonlyMap<SightingName, Sighting> {
    return this.examples.sightings(names);
  }

  /** `taken`: the number that the last committed cursor has; what was given since is given again. */
  take(
    watched: WatchedVersions,
    spans: readonly LogSpan[],
    taken: number | null,
    now: number,
  ): { readonly pairs: readonly LogPair[]; readonly seq: number } {
    this.takenAt = now;
    this.examples.allowMore();
    const { given } = this;
    if (given !== null && given.seq !== taken) {
      for (const [place, grain] of given.grains) this.merge(place, grain);
    }
    const sums = spans.map(emptyGrain);
    const grains = new Map<number, Grain>();
    for (const [place, grain] of this.grains) {
      const at = spanOf((place + 0.5) * GRAIN_MS, spans, watched);
      if (at === 'later') continue;
      this.grains.delete(place);
      if (at === 'never') continue;
      grains.set(place, grain);
      const sum = sums[at];
      if (sum !== undefined) addTo(sum, grain);
    }
    this.lastSeq++;
    this.given = { seq: this.lastSeq, grains };
    const of = (track: Track, counts: OpenCounts, { endsAt }: LogSpan) =>
      counts.isEmpty && !this.heard[track].isThere(endsAt) ? null : counts.closed();
    const pairs = spans.map((span, at): LogPair => {
      const { stable, canary, isIncomplete } = sums[at] ?? emptyGrain();
      const pair = { stable: of('stable', stable, span), canary: of('canary', canary, span) };
      return isIncomplete ? { ...pair, incomplete: true } : pair;
    });
    return { pairs, seq: this.lastSeq };
  }

  private trackOf(version: string | null): Track | null {
    if (version === this.versions.canary) return 'canary';
    return version === this.versions.stable ? 'stable' : null;
  }

  private grainAt(at: number): Grain {
    const place = Math.floor(at / GRAIN_MS);
    const found = this.grains.get(place);
    if (found) return found;
    const made = emptyGrain();
    this.grains.set(place, made);
    if (this.grains.size > MOST_GRAINS) this.grains.delete(Math.min(...this.grains.keys()));
    return made;
  }

  private merge(place: number, given: Grain): void {
    addTo(this.grainAt((place + 0.5) * GRAIN_MS), given);
  }
}

function addTo(sum: Grain, { stable, canary, isIncomplete }: Grain): void {
  sum.stable.addAll(stable);
  sum.canary.addAll(canary);
  sum.isIncomplete ||= isIncomplete;
}

/**
 * The block in which lines of a time count: the one of that time. Of a block that was given before, late lines count in the first one
 * since, as long as the split is the same; those of another split would tell of other shares of the requests.
 */
function spanOf(at: number, spans: readonly LogSpan[], { epoch, since }: WatchedVersions): number | 'later' | 'never' {
  const own = spans.findIndex(({ startedAt, endsAt }) => at >= startedAt && at < endsAt);
  if (own >= 0) return own;
  const last = spans.at(-1);
  if (last === undefined || at >= last.endsAt) return 'later';
  const next = spans.findIndex((span) => span.epoch === epoch && span.startedAt > at);
  return next < 0 || since === null || at < since ? 'never' : next;
}
