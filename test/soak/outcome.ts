/** One thing that has to hold, and what was found. */
export interface SoakPromise {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  readonly isMet: boolean;
}

export interface SoakOutcome {
  readonly part: string;
  readonly promises: readonly SoakPromise[];
  readonly figures: Readonly<Record<string, number>>;
}
