import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A function of the source, by its file and name: `src/gateway/upstream/call.ts Call.run`. */
export type StepName = string;

/** Stands in the way of every function of some source files: tells which are called, and makes one throw once. */
export class TappedSteps {
  /** All there are, exported functions and methods of exported classes. */
  readonly names = new Set<StepName>();
  private reached = new Set<StepName>();
  private armed: readonly StepName[] = [];
  private isWatching = false;
  private thrown: Error[] = [];

  /** From now on it is noted what is called. Of the armed steps, each throws once in place of what it does, in their order. */
  watch(armed: readonly StepName[]): void {
    this.armed = armed;
    this.thrown = [];
    this.reached = new Set();
    this.isWatching = true;
  }

  /** What was called since (after the first throw, if there was one), and what was thrown. */
  stop(): { readonly reached: ReadonlySet<StepName>; readonly thrown: readonly Error[] } {
    this.isWatching = false;
    return { reached: this.reached, thrown: this.thrown };
  }

  /** What the caller of the gateway does itself: a throw there is its own to catch. */
  aside<T>(act: () => T): T {
    const { isWatching } = this;
    this.isWatching = false;
    try {
      return act();
    } finally {
      this.isWatching = isWatching;
    }
  }

  /** Before the modules are imported for the first time. */
  tap(pattern: string): void {
    for (const path of globSync(pattern, { cwd: root })) {
      vi.doMock(`${root}${path}`, async (original) => this.tapped(path, await original<Record<string, unknown>>()));
    }
  }

  private tapped(path: string, module: Record<string, unknown>): Record<string, unknown> {
    const exported = Object.entries(module).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      if (/^class\b/.test(Function.prototype.toString.call(value))) {
        this.tapMethods(`${path} ${name}`, value.prototype);
        return [name, value];
      }
      return [name, this.around(`${path} ${name}`, value)];
    });
    return Object.fromEntries(exported);
  }

  private tapMethods(owner: string, prototype: object): void {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name === 'constructor') continue;
      const step = `${owner}.${name}`;
      if (typeof property.value === 'function') property.value = this.around(step, property.value);
      if (property.get) property.get = this.around(step, property.get) as () => unknown;
      Object.defineProperty(prototype, name, property);
    }
  }

  // biome-ignore lint/complexity/noBannedTypes: any function at all
  private around(step: StepName, original: Function): Function {
    this.names.add(step);
    const passes = (): void => {
      if (!this.isWatching) return;
      this.reached.add(step);
      if (this.armed[0] !== step) return;
      const error = new Error(`thrown in place of ${step}`);
      this.armed = this.armed.slice(1);
      this.thrown.push(error);
      this.reached = new Set();
      throw error;
    };
    return function (this: unknown, ...args: unknown[]): unknown {
      passes();
      return Reflect.apply(original, this, args);
    };
  }
}
