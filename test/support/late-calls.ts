/** A call that was made and has not arrived yet. */
export interface LateCall {
  readonly name: string;
  /** Lets it arrive. */
  arrive(): void;
}

/** Calls of a port that arrive when a test says so, and in the order that it says: all others pass at once. */
export class LateCalls {
  readonly waiting: LateCall[] = [];
  private readonly held = new Set<string>();

  /** From now on calls of these names wait. */
  hold(...names: readonly string[]): void {
    for (const name of names) this.held.add(name);
  }

  /** All that wait arrive, oldest first, and no more are held. */
  release(): void {
    this.held.clear();
    for (const call of this.waiting.splice(0)) call.arrive();
  }

  /** From now on calls pass; those that wait still do. */
  passOthers(): void {
    this.held.clear();
  }

  over<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name, receiver) => {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function' || typeof name !== 'string') return value;
        return async (...given: unknown[]) => {
          if (this.held.has(name)) await this.turnOf(name);
          return Reflect.apply(value, target, given);
        };
      },
    });
  }

  private turnOf(name: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push({ name, arrive: resolve });
    return promise;
  }
}
