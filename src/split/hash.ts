/** Where FNV-1a begins. */
export const OFFSET_BASIS = 0x811c9dc5;
/** What FNV-1a multiplies by. Not exported: V8 reads an exported constant anew each time, and folds in no value. */
const PRIME = 0x01000193;

/** FNV-1a over the UTF-16 units of a text, from a state on. */
export function absorb(state: number, text: string): number {
  let hash = state;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  }
  return hash >>> 0;
}

/** What FNV-1a does with one unit, which is already mixed into the state. */
export function stir(state: number): number {
  return Math.imul(state, PRIME);
}

/** The finaliser of MurmurHash3: every bit of the state changes every bit of the hash. */
export function finalise(state: number): number {
  let hash = state;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
