import type { ApiReply } from '../live/requests.ts';

export type Refused = Extract<ApiReply<never>, { readonly kind: 'refused' }>;

/** Why it cannot be done. */
export interface Objection {
  /** The field that it is about, by its name in the API; null for the whole. */
  readonly field: string | null;
  readonly detail: string;
  /** Whether the deed itself was refused, and not only its preview: nothing was done then. */
  readonly isOfDeed: boolean;
}

/** The server's own words, at the field that they name. */
export function objectionOf({ detail, body }: Refused, of: 'preview' | 'deed'): Objection {
  const { errors = [] } = (body ?? {}) as { readonly errors?: readonly { detail: string; pointer?: string }[] };
  const [first] = errors;
  const field = /^#\/(\w+)$/.exec(first?.pointer ?? '')?.[1] ?? null;
  return { field, detail: field === null ? detail : (first?.detail ?? detail), isOfDeed: of === 'deed' };
}
