import type { SplitOrder } from '../../split/order.ts';
import type { AppliedSplit } from '../gateway.ts';
import type { Via } from '../http/via.ts';
import type { AccessLog } from '../measure/access-log.ts';
import type { Brake } from '../measure/brake/brake.ts';
import type { ConsumerBook } from '../measure/consumers/consumer-book.ts';
import type { RouteRecorder } from '../measure/recorder.ts';
import type { RouteMirror } from '../mirror/route-mirror.ts';
import type { RetryBudget } from '../upstream/retry-budget.ts';
import type { AnswerPlaces } from './answer-places.ts';
import type { ConsumerRules } from './consumers.ts';
import type { DeclaredParts } from './declared-parts.ts';
import type { DeprecationNotices } from './deprecation.ts';
import type { Destination } from './destinations.ts';
import type { ConsumerTokens } from './jwt/consumer-tokens.ts';
import type { DrawParts, VersionDraw } from './version-draw.ts';

/** What a request reads: replaced as a whole, never modified. */
export interface Live {
  readonly order: SplitOrder;
  readonly stable: Destination;
  readonly canary: Destination | null;
  readonly draw: VersionDraw;
  /** Null if the route leaves answers unchanged. */
  readonly places: AnswerPlaces | null;
  /** Null where nobody is told that the stable ends. */
  readonly notices: DeprecationNotices | null;
}

/** Whose state a route has now; null once it is declared no more. What outlives a declaration goes by it. */
export interface Seat {
  holds: RouteState | null;
}

/** A declared route and its current state. */
export interface RouteState extends DrawParts, DeclaredParts {
  readonly seat: Seat;
  readonly recorder: RouteRecorder;
  readonly consumers: ConsumerRules;
  /** What its consumers asked. */
  readonly book: ConsumerBook;
  /** Null if the route knows its consumers by something else. */
  readonly tokens: ConsumerTokens | null;
  readonly via: Via;
  readonly accessLog: AccessLog | null;
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
