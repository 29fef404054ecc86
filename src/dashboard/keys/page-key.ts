/** A key of a page. */
export interface PageKey {
  /** As `KeyboardEvent.key` names it: `j`, `/`, `?`, `Escape`. */
  readonly key: string;
  /** What the list of keys says of it: `to the next route`. */
  readonly does: string;
  /** Null where the browser does it by itself, as `Enter` on a link. No key acts on a rollout by itself. */
  readonly run: (() => void) | null;
}

/** What of a key event decides whether it is a key of the page. */
export interface KeyPress {
  readonly key: string;
  /** Ctrl, Alt or Meta: those belong to the browser. Shift does not count, `?` needs it. */
  readonly hasModifier: boolean;
  /** Somebody writes, or an open dialog has the keys. */
  readonly isTaken: boolean;
}

/** The key that was meant, if any: of two for the same key, the first. */
export function keyMeant(press: KeyPress, keys: readonly PageKey[]): PageKey | null {
  if (press.hasModifier || press.isTaken) return null;
  return keys.find(({ key }) => key === press.key) ?? null;
}

/** Every key once, in their order: what the list shows. */
export function distinctKeys(keys: readonly PageKey[]): readonly PageKey[] {
  return keys.filter(({ key }, at) => keys.findIndex((other) => other.key === key) === at);
}
