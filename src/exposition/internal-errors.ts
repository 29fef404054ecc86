import type { OnFault } from '../gateway/http/faults.ts';
import type { Log, LogEvent } from '../problem/log.ts';
import { Problem } from '../problem/problem.ts';

/** `control-plane`: ticks, deliveries and the shutdown. `process`: errors that nothing else caught. */
const ELSEWHERE = ['api', 'control-plane', 'process'];

/** Unexpected errors. They are counted on their way to the log, so that the two always agree. */
export class InternalErrors {
  private readonly counts: Map<string, number>;
  /** Passes every event on. */
  readonly log: Log;

  /** `gatewayPlaces`: where the gateway catches errors. */
  constructor(log: Log, gatewayPlaces: readonly string[]) {
    this.counts = new Map([...gatewayPlaces, ...ELSEWHERE].map((place) => [place, 0]));
    this.log = (event) => {
      if (isInternal(event)) this.count(event);
      log(event);
    };
  }

  /** For the gateway. */
  readonly onFault: OnFault = ({ error, where, requestId }) => {
    this.log({ what: 'internalError', level: 'error', where, ...(requestId === null ? {} : { requestId }), error });
  };

  /** For the control API. */
  readonly onUnforeseen = (error: unknown): void => {
    this.log({ what: 'internalError', level: 'error', where: 'api', error });
  };

  /** Since the process began, by place; 0 if there were none. */
  read(): ReadonlyMap<string, number> {
    return this.counts;
  }

  private count({ where }: LogEvent): void {
    const place = typeof where === 'string' && this.counts.has(where) ? where : 'control-plane';
    this.counts.set(place, (this.counts.get(place) ?? 0) + 1);
  }
}

/** A Problem says what an operator can do; anything else logged as an error is a bug in Serin. */
function isInternal({ level, error }: LogEvent): boolean {
  if (level !== 'error' || error === undefined) return false;
  return !(error instanceof Problem) || error.code === 'internal';
}
