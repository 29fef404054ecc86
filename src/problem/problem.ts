/** Every way in which the control plane refuses or fails. The data plane returns outcomes and never throws these. */
export type ProblemCode =
  | 'invalid-input'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'stale'
  | 'refused'
  | 'data-folder-in-use'
  | 'port-in-use'
  | 'unavailable'
  | 'internal';

/** One fault in an input: where it is, what is wrong in one sentence, and (for files) the place in the text. */
export interface Issue {
  /** Dotted path or JSON pointer of the offending value; empty for the whole document. */
  readonly path: string;
  readonly message: string;
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  /** The source line with a caret under the fault, ready to print. */
  readonly excerpt?: string;
}

/**
 * The one error class of the control plane. `message` is public: it may be printed, logged and sent, so it never
 * holds a secret, a bound parameter or a stack. The private cause stays in `cause`.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly issues: readonly Issue[];

  constructor(code: ProblemCode, message: string, more: { issues?: readonly Issue[]; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'Problem';
    this.code = code;
    this.issues = more.issues ?? [];
  }
}
