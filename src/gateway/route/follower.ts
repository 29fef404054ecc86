import type { ConsumerDay } from '../../consumers/ledger/consumer-day.ts';
import { Problem } from '../../problem/problem.ts';
import type { ConsumerRule, SplitOrder } from '../../split/order.ts';
import { rampedWeight } from '../../split/ramp.ts';
import { unitSaltOf } from '../../split/unit-draw.ts';
import type { AppliedSplit, GatewayOptions, GatewayRoute } from '../gateway.ts';
import type { Clock } from '../http/clock.ts';
import type { Faults } from '../http/faults.ts';
import { type GatewayTimeouts, timeoutsOf } from '../http/timeouts.ts';
import type { Via } from '../http/via.ts';
import type { AccessLog } from '../measure/access-log.ts';
import { Brake, type BrakeMove } from '../measure/brake/brake.ts';
import { ConsumerBook } from '../measure/consumers/consumer-book.ts';
import type { BodyQueue } from '../measure/reading/body-queue.ts';
import { RouteRecorder } from '../measure/recorder.ts';
import { RouteMirror } from '../mirror/route-mirror.ts';
import { RetryBudget } from '../upstream/retry-budget.ts';
import { answerPlaces } from './answer-places.ts';
import { Chance, RecentDraws } from './chance.ts';
import { ConsumerRules, knownBy } from './consumers.ts';
import { declaredOrder, declaredParts } from './declared-parts.ts';
import { DeprecationNotices } from './deprecation.ts';
import type { Destination, Pools, Stream } from './destinations.ts';
import type { ConsumerTokens } from './jwt/consumer-tokens.ts';
import type { Live, RouteState, Seat } from './route-state.ts';
import { assignmentOf, versionDrawOf } from './version-draw.ts';

/** A trial ends when no key that it is about was answered for this long: many ask once a minute, and nobody is harmed meanwhile. */
const TRIAL_MS = 120_000;

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

/** Applies split orders: compiles one into a snapshot and swaps the pointer that requests read. */
export class Follower {
  /** Those that serve, in their order: replaced as a whole. */
  routes: readonly RouteState[] = [];
  private readonly parts: FollowerParts;
  private readonly clock: Clock;
  private readonly pools: Pools;
  /** Canaries that left their order and whose tunnels and event streams may still go on. */
  private readonly draining = new Set<Destination>();
  private readonly byName = new Map<string, RouteState>();
  /** Of routes that are declared no more, until they are read. */
  private leftBooks: ConsumerBook[] = [];
  private timeouts: GatewayTimeouts;

  private readonly onBrake: NonNullable<GatewayOptions['onBrake']>;
  private readonly faults: Faults;
  private readonly chance = new Chance();

  constructor(parts: FollowerParts) {
    const { clock, pools, onBrake, faults, timeouts } = parts;
    this.parts = parts;
    this.clock = clock;
    this.pools = pools;
    this.onBrake = onBrake;
    this.faults = faults;
    this.timeouts = timeouts;
    this.redeclare(parts.routes, timeouts);
  }

  /** Routes that serve nothing yet, so that they can be given their order and their consumers. */
  admit(routes: readonly GatewayRoute[]): void {
    for (const declared of routes) {
      if (!this.byName.has(declared.name)) this.byName.set(declared.name, this.open(declared));
    }
  }

  /**
   * The routes as they are declared from now on. One that stays keeps its order, its blocks and its connections; a request that is open on
   * another ends there by what was declared when it began.
   */
  redeclare(routes: readonly GatewayRoute[], timeouts: GatewayTimeouts): void {
    this.timeouts = timeouts;
    this.admit(routes);
    const names = new Set(routes.map(({ name }) => name));
    for (const [name, state] of this.byName) if (!names.has(name)) this.leave(state);
    this.routes = routes.map((declared) => this.declareAnew(this.find(declared.name), declared));
    for (const state of this.routes) this.byName.set(state.declared.name, state);
    this.pools.keepOnly(this.inUse());
  }

  private open(declared: GatewayRoute): RouteState {
    const { clock, faults, accessLog, bodies, slices, secret, via } = this.parts;
    const order = declaredOrder(declared);
    const seat: Seat = { holds: null };
    const recorder: RouteRecorder = new RouteRecorder(
      clock,
      order,
      {
        accessLog,
        bodies,
        onOutcome: (track, outcome, key) => {
          const { holds } = seat;
          if (holds === null) return;
          // The request counted here already has its answer, and keeps it.
          try {
            if (track === 'canary') holds.mirror?.observe(outcome);
            const move = holds.brake.observe(track, outcome, key);
            if (move !== null) this.brake(holds, move);
          } catch (error) {
            faults.report(error, 'brake');
          }
        },
      },
      {
        slices,
        templates: declared.templates ?? [],
        assignmentOf: (to) => assignmentOf(versionDrawOf(seat.holds?.declared ?? declared, to)),
      },
    );
    const book = new ConsumerBook(declared.name, clock);
    const state: RouteState = {
      ...declaredParts(declared, { ...this.parts, timeouts: this.timeouts }),
      seat,
      recorder,
      accessLog,
      via,
      brake: new Brake(() => clock.monotonic()),
      mirror: this.mirrorOf(declared, recorder),
      budget: new RetryBudget(),
      tokens: this.parts.tokensOf(declared),
      consumers: new ConsumerRules(secret, declared.name, knownBy(declared.consumerKey), book),
      book,
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
    seat.holds = state;
    return state;
  }

  /** The same state where nothing changed; else another, with the same tallies, in the same seat. */
  private declareAnew(state: RouteState, declared: GatewayRoute): RouteState {
    const timeouts = timeoutsOf(this.timeouts, declared.timeouts);
    if (isSame(state.declared, declared) && isSame(state.timeouts, timeouts)) return state;
    const { seat, recorder, live } = state;
    const by = knownBy(declared.consumerKey);
    const isKeyKept = isSame(state.declared.consumerKey, declared.consumerKey);
    const next: RouteState = {
      ...state,
      ...declaredParts(declared, { ...this.parts, timeouts: this.timeouts }),
      mirror: isSame(state.declared.mirror, declared.mirror) ? state.mirror : this.mirrorOf(declared, recorder),
      tokens: isKeyKept ? state.tokens : this.parts.tokensOf(declared),
      consumers:
        by === knownBy(state.declared.consumerKey)
          ? state.consumers
          : new ConsumerRules(this.parts.secret, declared.name, by, state.book),
      live: this.compile(declared, live.order),
    };
    seat.holds = next;
    if (next.mirror !== state.mirror) state.mirror?.stop();
    if (next.tokens !== state.tokens) state.tokens?.stop();
    // A block is counted by one declaration.
    recorder.names.declare(declared.templates ?? []);
    recorder.follow(next.live.order);
    this.swap(next, next.live);
    return next;
  }

  private leave(state: RouteState): void {
    this.byName.delete(state.declared.name);
    this.leftBooks.push(state.book);
    state.seat.holds = null;
    clearTimeout(state.trial);
    clearTimeout(state.nextMove);
    state.mirror?.stop();
    state.tokens?.stop();
  }

  private mirrorOf({ name, mirror }: GatewayRoute, { pairs }: RouteRecorder): RouteMirror | null {
    const { clock, faults, bodies } = this.parts;
    return mirror ? new RouteMirror(name, mirror, { clock, faults, bodies, pairs }) : null;
  }

  setSplit(given: SplitOrder): void {
    const state = this.find(given.route);
    if (state.applied && given.epoch <= state.applied.epoch && !isOtherStable(state, given)) return;
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
      const { seat } = state;
      const move = () => this.faults.attempt(() => seat.holds && this.moveOn(seat.holds, order, appliedAt), 'timer');
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
    const { seat } = state;
    const over = () => this.faults.attempt(() => seat.holds && this.giveBack(seat.holds), 'timer');
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

  setConsumers(
    route: string,
    rules: ReadonlyMap<string, ConsumerRule>,
    names?: ReadonlyMap<string, string>,
    dues?: ReadonlyMap<string, string>,
  ): void {
    this.find(route).consumers.replace(rules, names, dues);
  }

  /** What the consumers of all routes asked since the last call. */
  takeConsumerDays(): readonly ConsumerDay[] {
    const books = [...this.leftBooks, ...Array.from(this.byName.values(), ({ book }) => book)];
    this.leftBooks = [];
    return books.flatMap((book) => book.take());
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
      notices: order.deprecation === undefined ? null : new DeprecationNotices(order.deprecation),
    };
  }

  private inUse(): ReadonlySet<Destination> {
    const served = [...this.byName.values()].flatMap(({ live }) =>
      live.canary ? [live.stable, live.canary] : [live.stable],
    );
    return new Set([...served, ...this.draining]);
  }

  /** Closes what is still open to a canary that left its order, unless it has returned by then. */
  private drain(left: Destination, { seat }: RouteState, afterMs: number): void {
    this.draining.add(left);
    const timer = setTimeout(() => {
      this.draining.delete(left);
      this.faults.attempt(() => {
        if (!seat.holds || !serves(left, seat.holds.live)) closeAll(left.streams);
        this.pools.keepOnly(this.inUse());
      }, 'timer');
    }, afterMs);
    timer.unref();
  }
}

/** The file declares another stable for a route without a rollout, which no epoch tells. */
function isOtherStable({ applied, live }: RouteState, { epoch, stable, canary }: SplitOrder): boolean {
  return (
    applied?.epoch === epoch && canary === null && live.order.canary === null && !isSame(live.order.stable, stable)
  );
}

/** Plain data, made in the same way. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
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
