import type { SplitOrder, Track, Upstream } from '../../split/order.ts';
import type { MirroredOutcome, MirroredTotals, MirrorRule } from '../gateway.ts';
import type { Clock } from '../http/clock.ts';
import type { Faults } from '../http/faults.ts';
import type { RoutePairs } from '../measure/pairs/route-pairs.ts';
import type { BodyQueue } from '../measure/reading/body-queue.ts';
import type { BlockHome } from '../measure/ticket.ts';
import { Comparison } from './comparison.ts';
import { CpuShare } from './cpu-share.ts';
import { MirrorTotals } from './mirror-totals.ts';
import { type Mirrorable, Mirroring, type MirroringOwner } from './mirroring.ts';
import { Restraint } from './restraint.ts';
import { SentAgain, type SentAgainParts } from './sent-again.ts';

const TO_CANARY: readonly Track[] = ['canary'];
/** Whichever is first may find other data, a warmer cache or a busier machine: chance decides. */
const CANARY_FIRST: readonly Track[] = ['canary', 'stable'];
const STABLE_FIRST: readonly Track[] = ['stable', 'canary'];
const EVEN = 0.5;
const FIRST_BAD = 500;
/** A canary that takes longer than this many times the stable, and this many ms more, has too much to do. */
const SLOW = { times: 4, ms: 500 };
/** What comparing the answers of a route may take: some 40 times what ordinary ones do. */
const OF_A_CORE = 0.2;

export interface RouteMirrorParts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly bodies: BodyQueue;
  readonly pairs: RoutePairs<BlockHome>;
}

/** A request that asks to be mirrored, as it was routed. */
export interface Routing {
  readonly track: Track;
  readonly by: 'force' | 'consumer' | 'weight';
}

/**
 * Sends requests that the stable answered again, to the canary of the order in force. What comes back is nobody's answer, and counts
 * for nobody: it is in no tally, no total of requests and no access log.
 */
export class RouteMirror implements MirroringOwner {
  readonly bodies: BodyQueue;
  private readonly rule: MirrorRule;
  private readonly methods: ReadonlySet<string>;
  private readonly clock: Clock;
  private readonly faults: Faults;
  private readonly pairs: RoutePairs<BlockHome>;
  private readonly totals: MirrorTotals;
  private readonly parts: SentAgainParts;
  private readonly share: CpuShare;
  private readonly open = new Set<SentAgain>();
  private restraint: Restraint;
  /** The version that gets the requests; null while none does. */
  private canary: Upstream | null = null;
  private stableVersion = '';
  /** What of answers is not compared; null while none are. */
  private ignore: readonly string[] | null = null;

  constructor(route: string, rule: MirrorRule, { clock, faults, bodies, pairs }: RouteMirrorParts) {
    this.rule = rule;
    this.bodies = bodies;
    this.pairs = pairs;
    this.methods = new Set(rule.methods);
    this.clock = clock;
    this.faults = faults;
    this.totals = new MirrorTotals(route);
    this.restraint = this.newRestraint();
    this.share = new CpuShare(OF_A_CORE, () => clock.monotonic());
    this.parts = {
      route,
      rule,
      faults,
      onEnd: (sending, to, outcome) => this.ended(sending, to, outcome),
      onOver: (sending) => this.over(sending),
    };
  }

  /**
   * The order that is in force from now on. One under which nobody may ask for the canary has taken it away: a brake, a rollback.
   *
   * @param trial `stable` while the stable serves the canary's keys to see whether they fail there too
   */
  follow({ stable, canary, forceAllowed, measure }: SplitOrder, trial: 'none' | 'stable'): void {
    this.stableVersion = stable.version;
    this.ignore = this.rule.compare ? (measure.reads?.answers?.ignore ?? null) : null;
    const next = forceAllowed && trial === 'none' ? canary : null;
    if (next?.url === this.canary?.url && next?.version === this.canary?.version) return;
    this.canary = next;
    this.breakOff();
    this.restraint = this.newRestraint();
  }

  /** For each request: whether it is to be copied, and sent again once it is answered. No client can foresee it. */
  draws(method: string, { track, by }: Routing): boolean {
    if (this.canary === null || track !== 'stable' || by === 'force') return false;
    if (!this.methods.has(method) || Math.random() >= this.rule.share) return false;
    const refused = this.restraint.draw();
    if (refused !== null) this.totals.skip(refused);
    return refused === null;
  }

  /** For one that is. */
  begin(mirrorable: Mirrorable): Mirroring {
    const { ignore, bodies, pairs } = this;
    const { requestId, ticket } = mirrorable;
    const versions = { stable: this.stableVersion, canary: this.canary?.version ?? '' };
    const parts = { bodies, requestId, versions, share: this.share };
    const comparison = ignore === null ? null : new Comparison({ ...parts, ignore, place: pairs.placeOf(ticket) });
    return new Mirroring(this, mirrorable, this.canary, comparison);
  }

  answered(mirroring: Mirroring): void {
    const { canary, totals } = this;
    if (canary === null || canary !== mirroring.canary) {
      mirroring.drop();
      return;
    }
    const refused = mirroring.isWhole ? this.restraint.enter() : 'body';
    if (refused !== null) {
      totals.skip(refused);
      mirroring.drop();
      return;
    }
    const sending = new SentAgain(mirroring, this.parts);
    this.open.add(sending);
    // The client's connection comes first: its next request may be here already.
    setImmediate(() => {
      const attempt = (step: () => void) => this.faults.attempt(step, 'mirror', mirroring.requestId);
      if (!attempt(() => this.send(sending))) attempt(() => sending.breakOff());
    });
  }

  /** What became of a request of a client on the canary. */
  observe(outcome: 'success' | 'failure'): void {
    this.restraint.own(outcome);
  }

  /** Ends what is under way; nothing is sent from now on. */
  stop(): void {
    this.canary = null;
    this.breakOff();
  }

  read(): MirroredTotals {
    return this.totals.read();
  }

  private send(sending: SentAgain): void {
    if (!this.open.has(sending)) return;
    const isCompared = sending.mirroring.comparison !== null;
    sending.begin(isCompared ? (Math.random() < EVEN ? CANARY_FIRST : STABLE_FIRST) : TO_CANARY);
  }

  private ended({ mirroring }: SentAgain, to: Track, outcome: MirroredOutcome): void {
    this.totals.ended(to, outcome);
    if (mirroring.comparison === null && outcome !== 'not-sent') this.pairs.sentAlone(mirroring.ticket);
  }

  private over(sending: SentAgain): void {
    if (!this.open.delete(sending)) return;
    this.restraint.left();
    const { mirroring, outcomes } = sending;
    const { canary } = outcomes;
    if (canary === undefined || canary === 'not-sent' || canary === 'broken-off') return;
    if (!isFailure(canary)) this.restraint.mirrored(isSlow(sending) ? 'failure' : 'success');
    // What the stable fails at too is no sign of a canary that suffers.
    else if (canary === '5xx' && mirroring.status >= FIRST_BAD) this.restraint.mirrored('success');
    else if (!this.isExcused(canary, sending)) this.restraint.mirrored('failure');
  }

  /** Whether the stable failed as well when it was asked again, or else took as long as nobody waits for the canary. */
  private isExcused(canary: MirroredOutcome, { mirroring, outcomes: { stable } }: SentAgain): boolean {
    if (stable !== undefined) return isFailure(stable);
    return canary === 'unanswered' && mirroring.tookMs >= this.rule.timeoutMs;
  }

  private breakOff(): void {
    for (const sending of this.open) sending.breakOff();
  }

  private newRestraint(): Restraint {
    return new Restraint(this.rule, () => this.clock.monotonic());
  }
}

/** Against the slower of the stable's answers to the same request. */
function isSlow({ mirroring, tookMs }: SentAgain): boolean {
  const stableMs = Math.max(mirroring.tookMs, tookMs.stable ?? 0);
  return (tookMs.canary ?? 0) > SLOW.times * stableMs + SLOW.ms;
}

function isFailure(outcome: MirroredOutcome): boolean {
  return outcome === 'unanswered' || outcome === '5xx';
}
