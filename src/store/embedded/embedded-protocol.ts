/** Requests from the store to the process that runs PGlite. */
export type EmbeddedRequest =
  | {
      readonly id: number;
      readonly kind: 'query';
      readonly text: string;
      readonly params: readonly unknown[];
      readonly rowMode: 'array' | 'object';
    }
  | { readonly id: number; readonly kind: 'close' };

/** A failure carries only what may be public. */
export type EmbeddedAnswer =
  | { readonly id: number; readonly kind: 'rows'; readonly rows: readonly unknown[] }
  | { readonly id: number; readonly kind: 'failed'; readonly code: string; readonly constraint: string | undefined }
  /** Sent once, unrequested: the database is open, or why it cannot be. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'not-opened'; readonly reason: string };
