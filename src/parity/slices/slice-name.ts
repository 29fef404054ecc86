import type { SliceDimension } from '../../stats/slice.ts';
import type { SliceKind } from '../../stats/slices/slice-bet.ts';

const LONGEST_NAME = 80;

/** `POST /pay`, `consumer acme`, `upstream 10.0.0.3`, `status 503`; truncated, because sentences have a length limit. */
export function nameSlice(dimension: SliceDimension, whole: string): string {
  const name = whole.length > LONGEST_NAME ? `${whole.slice(0, LONGEST_NAME - 1)}…` : whole;
  if (name === 'no answer') return name;
  if (dimension === 'endpoint' && name !== 'other') return name;
  return name === 'other' ? `other ${dimension}s` : `${dimension} ${name}`;
}

/** The slice that a finding is about, and what is worse there. */
export interface FoundSlice {
  readonly dimension: SliceDimension;
  readonly name: string;
  readonly kind: SliceKind;
}

const EVENTS: Readonly<Record<SliceKind, string>> = {
  errors: 'errors',
  clientErrors: '4xx answers',
  slow: 'slow answers',
};

/** `errors at POST /pay`, `4xx answers for consumer acme` */
export function nameFound({ dimension, name, kind }: FoundSlice): string {
  return `${EVENTS[kind]} ${dimension === 'consumer' ? 'for' : 'at'} ${nameSlice(dimension, name)}`;
}
