import { useEffect, useRef } from 'preact/hooks';
import type { PageKey } from './page-key.ts';

interface Layer {
  keys: readonly PageKey[];
}

const layers: Layer[] = [];

/** The keys that are valid now; what came last, such as a menu on its page, comes first. */
export function validKeys(): readonly PageKey[] {
  return layers.toReversed().flatMap(({ keys }) => keys);
}

/** Makes keys valid for as long as the component is there. They may be other ones at each drawing. */
export function useKeys(keys: readonly PageKey[]): void {
  const layer = useRef<Layer>({ keys }).current;
  layer.keys = keys;
  useEffect(() => {
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, [layer]);
}
