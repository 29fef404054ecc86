/** How often a field differed. Of each request the stable answered twice and the canary once. */
export interface FieldPairs {
  /** The canary's was another than the first of the stable. */
  readonly differs: number;
  /** The second of the stable was another than its first: what time, chance and order make of it. */
  readonly noise: number;
  /** Both: such a request says nothing of the versions. */
  readonly both: number;
  /** Of `differs`: the canary lacked it, had it alone, had another type; in what is left it had another value. Omitted for none. */
  readonly removed?: number;
  readonly added?: number;
  readonly retyped?: number;
}

/** Requests that were answered by both versions, and once more by the stable, to be compared; of one block. */
export interface AnswerPairs {
  readonly compared: number;
  /** An answer was missing, or could not be read. */
  readonly unusable: number;
  /** Those that were sent to the canary alone, with nothing to compare; omitted for none. */
  readonly alone?: number;
  /** Of `compared`, by place: `GET /orders/{id} 2xx`, as the stable answered first. */
  readonly places: Readonly<Record<string, number>>;
  /**
   * Those that differed or were noise, by place and path: `GET /orders/{id} 2xx /total`; `status`, `type` and `header location`
   * stand for those of the head, and `body` for a document as a whole. What is inside of something that differs as a whole is not listed.
   */
  readonly fields: Readonly<Record<string, FieldPairs>>;
}

/** Fields of a block that are told apart. */
export const MOST_FIELDS = 2_000;
