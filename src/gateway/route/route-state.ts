import { Problem } from '../../problem/problem.ts';
import type { ConsumerRule, SplitOrder } from '../../split/order.ts';
import { rampedWeight } from '../../split/ramp.ts';
import { unitSaltOf } from '../../split/unit-draw.ts';
import type { AppliedSplit, GatewayOptions, GatewayRoute } from '../gateway.ts';
import type { Clock } from '../http/clock.ts';
import type { Faults } from '../http/faults.ts';
import { flat } from '../http/flat-text.ts';
import { headerLines } from '../http/headers.ts';
import { type GatewayTimeouts, type RouteTimeouts, timeoutsOf } from '../http/timeouts.ts';
import type { Via } from '../http/via.ts';
import type { AccessLog } from '../measure/access-log.ts';
import { Brake, type BrakeMove } from '../measure/brake/brake.ts';
import type { BodyQueue } from '../measure/reading/body-queue.ts';
import { RouteRecorder } from '../measure/recorder.ts';
import { RouteMirror } from '../mirror/route-mirror.ts';
import { RetryBudget } from '../upstream/retry-budget.ts';
import { type AnswerPlaces, answerPlaces } from './answer-places.ts';
import { Chance, RecentDraws } from './chance.ts';
import { ConsumerRules, knownBy } from './consumers.ts';
import { DecidingFields } from './deciding-fields.ts';
import type { Destination, Pools, Stream } from './destinations.ts';
import { ForceGuard } from './force-guard.ts';
import type { ConsumerTokens } from './jwt/consumer-tokens.ts';
import { wayFields } from './request-head.ts';
import { trimmedPrefix } from './route-table.ts';
import { StickyCookie } from './sticky-cookie.ts';
import { assignmentOf, type DrawParts, type VersionDraw, versionDrawOf } from './version-draw.ts';

/** A trial ends when no key that it is about was answered for this long: many ask once a minute, and nobody is harmed meanwhile. */
const TRIAL_MS = 120_000;

/** What a request reads: replaced as a whole, never modified. */
export interface Live {
  readonly order: SplitOrder;
  readonly stable: Destination;
  readonly canary: Destination | null;
  readonly draw: VersionDraw;
  /** Null if the route leaves answers unchanged. */
  readonly places: AnswerPlaces | null;
}

/** A declared route and its current state. */
export interface RouteState extends DrawParts {
  readonly declared: GatewayRoute;
  readonly recorder: RouteRecorder;
  readonly consumers: ConsumerRules;
  /** Null if the route knows its consumers by something else. */
  readonly tokens: ConsumerTokens | null;
  readonly cookie: StickyCookie | null;
  readonly deciding: DecidingFields;
  /** What rewriting strips from a path; empty if nothing. */
  readonly stripped: string;
  readonly via: Via;
  /** The lines about both that are added to a request that came by HTTP/1.1 and through no proxy. */
  readonly wayLines: string;
  /** Null if every client's force header counts. */
  readonly forceGuard: ForceGuard | null;
  readonly accessLog: AccessLog | null;
  readonly timeouts: RouteTimeouts;
  readonly brake: Brake;
  /** Null if the route mirrors nothing. */
  readonly mirror: RouteMirror | null;
  /** For failovers. */
  readonly budget: RetryBudget;
  live: Live;
  applied: AppliedSplit | null;
  /** The order as it was given, and when (monotonic ms); null before the first. */
  given: { readonly order: SplitOrder; readonly at: number } | null;
  /** While the stable serves the keys of a canary with few: ends it. */
  trial: NodeJS.Timeout | undefined;
  /** Of the ramp of the order in force. */
  nextMove: NodeJS.Timeout | undefined;
  /** The rollout that was sent to the stable; whatever later orders for it say, its canary gets nothing. */
  withdrawn: string | null;
}

export interface FollowerParts {
  readonly routes: readonly GatewayRoute[];
  readonly timeouts: GatewayTimeouts;
  readonly secret: Uint8Array;
  readonly via: Via;
  readonly pools: Pools;
  readonly clock: Clock;
  readonly onBrake: NonNullable<GatewayOptions['onBrake']>;
  readonly accessLog: AccessLog | null;
  readonly bodies: BodyQueue;
  readonly slices: 'on' | 'off';
  readonly tokensOf: (declared: GatewayRoute) => ConsumerTokens | null;
  readonly faults: Faults;
}

/** What a route does before its first order: everything to the declared stable. */
function declaredOrder({ name, stable }: GatewayRoute): SplitOrder {
  return {
    route: name,
    epoch: 0,
    rolloutId: null,
    stable,
    canary: null,
    canaryBps: 0,
    consumerDefault: null,
    forceAllowed: false,
    drainMs: 0,
    brakeAfter: null,
    failover: 'none',
    measure: { blockMs: 5_000, errorStatuses: ['5xx'] },
  };
}

/** Applies split orders: compiles one into a snapshot and swaps the pointer that requests read. */
export class Follower {
  readonly routes: readonly RouteState[];
  private readonly clock: Clock;
  private readonly pools: Pools;
  /** Canaries that left their order and whose tunnels and event streams may still go on. */
  private readonly draining = new Set<Destination>();
  private readonly byName: ReadonlyMap<string, RouteState>;

  private readonly onBrake: NonNullable<GatewayOptions['onBrake']>;
  private readonly faults: Faults;
  private readonly chance = new Chance();

  constructor({
    routes,
    timeouts,
    secret,
    via,
    pools,
    clock,
    onBrake,
    accessLog,
    bodies,
    slices,
    tokensOf,
    faults,
  }: FollowerParts) {
    this.clock = clock;
    this.pools = pools;
    this.onBrake = onBrake;
    this.faults = faults;
    this.routes = routes.map((declared) => {
      const order = declaredOrder(declared);
      const stripped = declared.rewrite ? trimmedPrefix(declared.prefix) : '';
      const recorder: RouteRecorder = new RouteRecorder(
        clock,
        order,
        {
          accessLog,
          bodies,
          onOutcome: (track, outcome, key) => {
            // The request counted here already has its answer, and keeps it.
            try {
              if (track === 'canary') state.mirror?.observe(outcome);
              const move = state.brake.observe(track, outcome, key);
              if (move !== null) this.brake(state, move);
            } catch (error) {
              faults.report(error, 'brake');
            }
          },
        },
        {
          slices,
          templates: declared.templates ?? [],
          assignmentOf: (to) => assignmentOf(versionDrawOf(declared, to)),
        },
      );
      const state: RouteState = {
        declared,
        recorder,
        accessLog,
        timeouts: timeoutsOf(timeouts, declared.timeouts),
        deciding: new DecidingFields(declared),
        stripped,
        via,
        wayLines: flat(headerLines(wayFields({ stripped, via }, { httpVersion: '1.1', prefix: undefined }))),
        forceGuard: declared.forceRule
          ? new ForceGuard(declared.forceRule, declared.name, secret, () => clock.wall())
          : null,
        brake: new Brake(() => clock.monotonic()),
        mirror: declared.mirror
          ? new RouteMirror(declared.name, declared.mirror, { clock, faults, bodies, pairs: recorder.pairs })
          : null,
        budget: new RetryBudget(),
        tokens: tokensOf(declared),
        consumers: new ConsumerRules(secret, declared.name, knownBy(declared.consumerKey)),
        cookie:
          declared.sticky.kind === 'cookie'
            ? new StickyCookie(secret, declared.sticky.name, declared.sticky.sameSite)
            : null,
        unitSalt: unitSaltOf(declared.name),
        chance: this.chance,
        recentDraws: new RecentDraws(),
        live: this.compile(declared, order),
        applied: null,
        given: null,
        trial: undefined,
        withdrawn: null,
        nextMove: undefined,
      };
      state.brake.follow(order);
      return state;
    });
    this.byName = new Map(this.routes.map((state) => [state.declared.name, state]));
  }

  setSplit(given: SplitOrder): void {
    const state = this.find(given.route);
    if (state.applied && given.epoch <= state.applied.epoch) return;
    // An order that was in transit when its canary was withdrawn does not know that.
    const whole = given.rolloutId !== null && given.rolloutId === state.withdrawn ? allToStable(given) : given;
    const at = this.clock.monotonic();
    const order = this.atPresent(state, whole, at);
    const before = state.live;
    const live = this.compile(state.declared, order);
    this.endTrial(state);
    state.given = { order: whole, at };
    state.recorder.follow(order);
    state.brake.follow(whole, live.draw.by === 'request' ? 'request' : 'key');
    this.swap(state, live);
    state.applied = { epoch: order.epoch, since: Math.round(this.clock.wall()) };
    if (before.canary && !serves(before.canary, live)) this.drain(before.canary, state, order.drainMs);
    this.pools.keepOnly(this.inUse());
  }

  /** The order with the weight of its ramp, which goes on by itself. */
  private atPresent(state: RouteState, order: SplitOrder, appliedAt: number): SplitOrder {
    const { ramp } = order;
    clearTimeout(state.nextMove);
    if (ramp === undefined) return order;
    // The later of two clocks: a ramp that went on elsewhere is not begun anew, and no clock can make it longer.
    const elapsedMs = Math.max(this.clock.monotonic() - appliedAt, this.clock.wall() - ramp.since);
    const { canaryBps, nextInMs } = rampedWeight(order, elapsedMs);
    if (nextInMs !== null) {
      const move = () => this.faults.attempt(() => this.moveOn(state, order, appliedAt), 'timer');
      state.nextMove = setTimeout(move, nextInMs).unref();
    }
    return { ...order, canaryBps };
  }

  private swap(state: RouteState, live: Live): void {
    state.live = live;
    state.mirror?.follow(live.order, state.trial === undefined ? 'none' : 'stable');
  }

  /** A move within an order: it begins a block, and nothing else. */
  private moveOn(state: RouteState, whole: SplitOrder, appliedAt: number): void {
    const order = this.atPresent(state, whole, appliedAt);
    state.recorder.follow(order);
    this.swap(state, { ...state.live, order });
  }

  private brake(state: RouteState, move: BrakeMove): void {
    const { order } = state.live;
    switch (move.do) {
      case 'to-stable':
        this.withdraw(state, order.rolloutId);
        this.onBrake(order, move);
        break;
      case 'try-stable':
        this.beginTrial(state);
        break;
      case 'go-on':
        state.trial?.refresh();
        break;
      case 'give-back':
        this.giveBack(state);
    }
  }

  /** The weight is 0 for a while, under the same order. */
  private beginTrial(state: RouteState): void {
    clearTimeout(state.nextMove);
    const { ramp: _, ...order } = { ...state.live.order, canaryBps: 0 };
    state.recorder.follow(order);
    const over = () => this.faults.attempt(() => this.giveBack(state), 'timer');
    state.trial = setTimeout(over, TRIAL_MS).unref();
    this.swap(state, { ...state.live, order });
  }

  /** The trial is over, and the canary has its weight again. */
  private giveBack(state: RouteState): void {
    if (state.trial === undefined || state.given === null) return;
    this.endTrial(state);
    if (state.applied) state.applied = { epoch: state.applied.epoch, since: Math.round(this.clock.wall()) };
    this.moveOn(state, state.given.order, state.given.at);
  }

  private endTrial(state: RouteState): void {
    clearTimeout(state.trial);
    state.trial = undefined;
    state.brake.giveUpTrial();
  }

  toStable({ route, rolloutId, epoch }: Pick<SplitOrder, 'route' | 'rolloutId' | 'epoch'>): void {
    const state = this.find(route);
    const { order } = state.live;
    if (order.epoch <= epoch || order.rolloutId === rolloutId) this.withdraw(state, rolloutId);
  }

  private withdraw(state: RouteState, rolloutId: string | null): void {
    state.withdrawn = rolloutId;
    this.endTrial(state);
    const { canaryBps, forceAllowed, consumerDefault } = state.live.order;
    if (canaryBps === 0 && !forceAllowed && consumerDefault === null) return;
    clearTimeout(state.nextMove);
    const order = allToStable(state.live.order);
    state.recorder.follow(order);
    this.swap(state, { ...state.live, order });
  }

  appliedSplit(route: string): AppliedSplit | null {
    const { applied, trial } = this.find(route);
    return applied !== null && trial !== undefined ? { ...applied, onTrial: true } : applied;
  }

  setConsumers(route: string, rules: ReadonlyMap<string, ConsumerRule>, names?: ReadonlyMap<string, string>): void {
    this.find(route).consumers.replace(rules, names);
  }

  find(route: string): RouteState {
    const state = this.byName.get(route);
    if (!state) throw new Problem('not-found', `The gateway has no route "${route}".`);
    return state;
  }

  private compile(declared: GatewayRoute, order: SplitOrder): Live {
    const stable = this.pools.destination(order.route, order.stable);
    const canary = order.canary ? this.pools.destination(order.route, order.canary) : null;
    return {
      order,
      stable,
      canary,
      places: answerPlaces(declared, canary ? [stable, canary] : [stable]),
      draw: versionDrawOf(declared, order),
    };
  }

  private inUse(): ReadonlySet<Destination> {
    const served = this.routes.flatMap(({ live }) => (live.canary ? [live.stable, live.canary] : [live.stable]));
    return new Set([...served, ...this.draining]);
  }

  /** Closes what is still open to a canary that left its order, unless it has returned by then. */
  private drain(left: Destination, state: RouteState, afterMs: number): void {
    this.draining.add(left);
    const timer = setTimeout(() => {
      this.draining.delete(left);
      this.faults.attempt(() => {
        if (!serves(left, state.live)) closeAll(left.streams);
        this.pools.keepOnly(this.inUse());
      }, 'timer');
    }, afterMs);
    timer.unref();
  }
}

/** The canary stays known, so that the next order can drain it. */
function allToStable(whole: SplitOrder): SplitOrder {
  const { ramp: _, ...order } = whole;
  return { ...order, canaryBps: 0, consumerDefault: null, forceAllowed: false };
}

function closeAll(streams: ReadonlySet<Stream>): void {
  for (const stream of streams) {
    try {
      stream.close();
    } catch (error) {
      stream.onFault(error);
    }
  }
}

function serves(destination: Destination, { stable, canary }: Live): boolean {
  return destination === stable || destination === canary;
}
