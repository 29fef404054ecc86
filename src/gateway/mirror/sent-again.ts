import type { Track } from '../../split/order.ts';
import type { MirroredOutcome, MirrorRule } from '../gateway.ts';
import type { Faults } from '../http/faults.ts';
import { MIRROR_FIELD } from '../http/headers.ts';
import { MirroredCall } from './mirrored-call.ts';
import type { MirroredAttempt, Mirroring } from './mirroring.ts';

/** The canary's answer, and the stable's once more. */
const TO_COMPARE = 2;

export interface SentAgainParts {
  readonly route: string;
  readonly rule: Pick<MirrorRule, 'timeoutMs'>;
  readonly faults: Faults;
  /** One of its requests has ended. */
  readonly onEnd: (sending: SentAgain, to: Track, outcome: MirroredOutcome) => void;
  /** All have. */
  readonly onOver: (sending: SentAgain) => void;
}

/** One request that is sent again, to one version or to several. */
export class SentAgain {
  readonly mirroring: Mirroring;
  /** What became of each that has ended. */
  readonly outcomes: Partial<Record<Track, MirroredOutcome>> = {};
  /** How long each took that has ended, in ms. */
  readonly tookMs: Partial<Record<Track, number>> = {};
  private readonly parts: SentAgainParts;
  private readonly calls: MirroredCall[] = [];
  private open = 0;
  private isOver = false;
  /** Whether one of the answers has not come whole. */
  private isBroken = false;

  constructor(mirroring: Mirroring, parts: SentAgainParts) {
    this.mirroring = mirroring;
    this.parts = parts;
  }

  /** In this order, and none waits for another. */
  begin(tracks: readonly Track[]): void {
    this.open = tracks.length;
    for (const track of tracks) this.send(track);
  }

  breakOff(): void {
    for (const call of this.calls) call.breakOff('broken-off');
    this.end();
  }

  private send(track: Track): void {
    const { faults, rule, onEnd } = this.parts;
    const { requestId } = this.mirroring;
    const attempt = this.mirroring.attempt(track);
    const beganAt = performance.now();
    const call = new MirroredCall({
      client: attempt.destination.client,
      request: this.marked(attempt.request),
      headOf: (head) => attempt.headOf(head),
      kept: this.mirroring.comparison?.keptOf(track) ?? null,
      timeoutMs: rule.timeoutMs,
      requestId,
      faults,
      onEnd: (outcome) => {
        this.open--;
        this.outcomes[track] = outcome;
        this.tookMs[track] = performance.now() - beganAt;
        if (outcome === 'unanswered' || outcome === 'broken-off' || outcome === 'not-sent') this.isBroken = true;
        try {
          onEnd(this, track, outcome);
        } finally {
          if (this.open === 0) this.end();
        }
      },
    });
    this.calls.push(call);
    call.begin();
  }

  private marked(request: MirroredAttempt['request']): MirroredAttempt['request'] {
    const headers = `${request.headers}${MIRROR_FIELD}: ${this.parts.route}\r\n`;
    return { ...request, headers, lane: 'mirrored', share: null };
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { comparison, status } = this.mirroring;
    try {
      comparison?.end(this.isBroken || this.calls.length < TO_COMPARE ? 'broken' : 'whole', status);
    } finally {
      try {
        this.mirroring.drop();
      } finally {
        this.parts.onOver(this);
      }
    }
  }
}
