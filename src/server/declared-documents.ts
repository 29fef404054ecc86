import { resolve } from 'node:path';
import type { ServerConfig } from '../config/config.ts';
import { healthUrl } from '../controller/upstream.ts';
import type { FetchedText } from '../gateway/upstream/fetch-text.ts';
import { compareInThread } from '../openapi/compare-in-thread.ts';
import { type FetchOptions, fetchDocument, MOST_DOCUMENT_BYTES } from '../openapi/fetch-document.ts';
import type { DeclaredReading } from '../parity/declared/declared-reading.ts';
import { readRegularFileSoon } from '../problem/regular-file.ts';
import { isEnded, type Rollout } from '../rollout/state.ts';
import type { Upstream } from '../split/order.ts';

type DeclaredPlace = NonNullable<ServerConfig['routes'][number]['openapi']>;

interface DocumentParts extends FetchOptions {
  readonly routes: () => ReadonlyMap<string, DeclaredPlace>;
  /** Where the paths of files begin. */
  readonly folder: string;
}

/** Ended rollouts whose documents are remembered. */
const MOST_REMEMBERED = 100;
/** An upstream that has just begun may not serve its document yet. */
const AGAIN_MS = 60_000;
/** A version is no path. */
const PLAIN_VERSION = /^(?!.*\.\.)[\w.+-]+$/;

interface Remembered {
  readonly route: string;
  reading: DeclaredReading;
  /** Whether it is in the queue. */
  isAwaited: boolean;
  /** Whether another rollout of its route has begun. */
  isPast: boolean;
  /** When it was read, ms on a monotonic clock. */
  at: number;
}

/** The OpenAPI documents of both versions, read once for a rollout and kept in memory: what they say is told, and decides nothing. */
export class DeclaredDocuments {
  private readonly parts: DocumentParts;
  private readonly remembered = new Map<string, Remembered>();
  /** Those of one rollout are read at a time: each takes a thread and hundreds of megabytes. */
  private queue: Promise<void> = Promise.resolve();

  constructor(parts: DocumentParts) {
    this.parts = parts;
  }

  /** What is known so far; begins to read what is not. Null for a route that declares no documents, and for an ended rollout of which nothing is known. */
  of(rollout: Rollout): DeclaredReading | null {
    const place = this.parts.routes().get(rollout.route);
    if (place === undefined) return null;
    const known = this.remembered.get(rollout.id);
    const isOld = known?.reading.state === 'unread' && performance.now() - known.at > AGAIN_MS;
    const isWanted = known === undefined || (isOld && !known.isAwaited);
    if (isWanted && !isEnded(rollout)) this.begin(place, rollout, known ?? this.remember(rollout));
    return this.remembered.get(rollout.id)?.reading ?? null;
  }

  /** One that runs is never forgotten, or each list of many would read them anew. */
  private remember({ id, route }: Rollout): Remembered {
    for (const other of this.remembered.values()) other.isPast ||= other.route === route;
    const past = [...this.remembered].filter(([, { isPast }]) => isPast);
    for (const [oldest] of past.slice(0, Math.max(0, past.length - MOST_REMEMBERED))) this.remembered.delete(oldest);
    const begun: Remembered = { route, reading: { state: 'reading' }, isAwaited: false, isPast: false, at: 0 };
    this.remembered.set(id, begun);
    return begun;
  }

  private begin(place: DeclaredPlace, { id, stable, canary }: Rollout, known: Remembered): void {
    known.isAwaited = true;
    this.queue = this.queue.then(async () => {
      if (this.remembered.get(id) !== known) return;
      known.reading = await this.read(place, stable, canary).catch(
        (error: unknown): DeclaredReading => ({
          state: 'unread',
          says: `the OpenAPI documents of ${stable.version} and ${canary.version} could not be compared: ${messageOf(error)}`,
        }),
      );
      known.isAwaited = false;
      known.at = performance.now();
    });
  }

  private async read(place: DeclaredPlace, stable: Upstream, canary: Upstream): Promise<DeclaredReading> {
    const [before, after] = await Promise.all([this.textOf(place, stable), this.textOf(place, canary)]);
    if (!before.ok || !after.ok) {
      const reasons = [before, after].flatMap((fetched) => (fetched.ok ? [] : [fetched.reason]));
      return { state: 'unread', says: reasons.join('; ') };
    }
    const compared = await compareInThread({ stable: before.text, canary: after.text });
    if (compared.ok) return { state: 'compared', differences: compared.differences, left: compared.left };
    const { of, reason } = compared;
    const both = `documents of ${stable.version} and ${canary.version}`;
    const named = of === 'both' ? both : `document of ${(of === 'stable' ? stable : canary).version}`;
    return { state: 'unread', says: `the OpenAPI ${named} ${reason}` };
  }

  /** The reason is a sentence of its own. */
  private async textOf(place: DeclaredPlace, upstream: Upstream): Promise<FetchedText> {
    const no = (reason: string): FetchedText => ({
      ok: false,
      reason: `the OpenAPI document of ${upstream.version} ${reason}`,
    });
    try {
      const fetched = await ('path' in place
        ? fetchDocument(healthUrl(upstream, place.path), this.parts)
        : this.readFile(place.file, upstream.version));
      return fetched.ok ? fetched : no(fetched.reason);
    } catch (error) {
      return no(`could not be read: ${messageOf(error)}`);
    }
  }

  private async readFile(pattern: string, version: string): Promise<FetchedText> {
    if (!PLAIN_VERSION.test(version))
      return { ok: false, reason: 'has no file: a file is found by a version of letters, digits and . _ + - only' };
    const file = resolve(this.parts.folder, pattern.replaceAll('{version}', version));
    const bytes = await readRegularFileSoon(file, MOST_DOCUMENT_BYTES);
    if (bytes.length > MOST_DOCUMENT_BYTES)
      return { ok: false, reason: `has more than ${MOST_DOCUMENT_BYTES / 1024 / 1024} MB` };
    return { ok: true, text: bytes.toString() };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
