/** Where in the data path our own code threw: a label of the metric, so the list is closed. */
export const FAULT_PLACES = [
  'request',
  'upload',
  'answer',
  'client',
  'upstream',
  'tunnel',
  'brake',
  'access-log',
  'timer',
  'reading',
  'mirror',
  'keys',
] as const;

export type FaultPlace = (typeof FAULT_PLACES)[number];

/** A bug of ours that was contained: its request is refused or broken off, no version is charged, everything else continues. */
export interface Fault {
  readonly error: unknown;
  readonly where: FaultPlace;
  /** Null if no request is involved, or its head was not read yet. */
  readonly requestId: string | null;
}

export type OnFault = (fault: Fault) => void;

/** Every callback of the event loop reports here when it throws: uncaught, it would take down all other requests. */
export class Faults {
  private readonly onFault: OnFault;

  constructor(onFault: OnFault) {
    this.onFault = onFault;
  }

  report(error: unknown, where: FaultPlace, requestId: string | null = null): void {
    try {
      this.onFault({ error, where, requestId });
    } catch {
      // The log itself is broken: there is nowhere left to report this.
    }
  }

  /** Runs one clean-up step; if it throws, the steps after it still run. False when it threw. */
  attempt(step: () => void, where: FaultPlace, requestId: string | null = null): boolean {
    try {
      step();
      return true;
    } catch (error) {
      this.report(error, where, requestId);
      return false;
    }
  }
}
