import type { ComponentChildren } from 'preact';
import { legible } from './words/said.ts';

/** One row of a list of facts. */
export function FactRow({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

interface VersionFactProps {
  readonly track: 'canary' | 'stable';
  readonly of: { readonly version: string; readonly url: string };
}

/** A version, and where it is. */
export function VersionFact({ track, of: { version, url } }: VersionFactProps) {
  return (
    <FactRow name={track}>
      <span class={track}>{legible(version)}</span> <span class="mono">{legible(url)}</span>
    </FactRow>
  );
}
