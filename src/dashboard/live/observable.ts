import { useEffect, useState } from 'preact/hooks';

/** A value that is watched. */
export class Observable<Value> {
  private readonly watchers = new Set<() => void>();
  private current: Value;

  constructor(first: Value) {
    this.current = first;
  }

  get value(): Value {
    return this.current;
  }

  set(next: Value): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const watcher of this.watchers) watcher();
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

/** The present value; the component is drawn again with each new one. */
export function useValue<Value>(observable: Observable<Value>): Value {
  const [, redraw] = useState(0);
  useEffect(() => {
    redraw((drawn) => drawn + 1);
    return observable.watch(() => redraw((drawn) => drawn + 1));
  }, [observable]);
  return observable.value;
}
