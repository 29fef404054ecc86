/** Where an answer carries a number or a word. Pointers are RFC 6901. */
export type CarriedSource =
  | { readonly header: string }
  | { readonly trailer: string }
  /** The duration of a metric of `Server-Timing` in ms (Server Timing section 3.1). */
  | { readonly serverTiming: string }
  | { readonly json: string }
  /** The last event of an event stream whose data is JSON and has the pointer. */
  | { readonly lastEvent: string }
  /** Bytes of the body, as they came. */
  | { readonly body: 'bytes' };

/** Where the number of an answer comes from. `posted`: somebody outside says it, by the id of the request. */
export type ValueSource = CarriedSource | { readonly posted: true };

/** What a part of an answer is, to be an error. */
export type Condition =
  | 'present'
  | 'non-empty'
  /** A text that is no JSON document, such as the broken arguments of a call. */
  | 'invalid-json'
  | { readonly equals: string | number | boolean | null }
  /** A text in which this is, as `Pattern` reads it. */
  | { readonly matches: string };

/** An answer that is an error although its status is none. */
export type FailureRule =
  | { readonly json: string; readonly is: Condition }
  | { readonly header: string; readonly is: Condition }
  /** `total`: errors and no data; `any`: partial ones too (GraphQL over HTTP section 6.4). */
  | { readonly graphql: 'total' | 'any' }
  /** An error in a JSON-RPC 2.0 answer, or in any part of a batch. */
  | { readonly jsonRpc: 'any' };

/** Numbers that the gateway can time or count itself, under the names by which it reports them. */
export type OwnValue = 'end' | 'upload' | 'size' | 'first-event' | 'gap' | 'event-rate';

/** How it is read what answers look like. */
export interface ShapeReads {
  /** The share of the answers that are read, 0..1: drawn by the id of the request, alike for both versions. */
  readonly sample: number;
  /** Paths of `FactText` that are not read, nor anything below them. */
  readonly ignore: readonly string[];
  /** Names of consumers whose answers are not read. */
  readonly exceptConsumers: readonly string[];
  /** Consumers whose answers are compared apart from all others, by the name of their group; omitted where there are none. */
  readonly groups?: readonly { readonly name: string; readonly consumers: readonly string[] }[];
}

/**
 * How the answers of both versions to the same request are compared, on a route that mirrors: field by field, against what two answers
 * of the stable have in common.
 */
export interface AnswerComparison {
  /** Paths of fields (as in `FactText`) that are left out, with all below them. */
  readonly ignore: readonly string[];
}

/** What is read of answers beside their status and the time of their head. */
export interface AnswerReads {
  /** The share of the answers whose body is read for `failures`, `json` and `lastEvent`: drawn alike for both versions. */
  readonly sample: number;
  readonly failures: readonly FailureRule[];
  readonly values: Readonly<Record<string, ValueSource>>;
  readonly categories: Readonly<Record<string, CarriedSource>>;
  readonly own: readonly OwnValue[];
  /** The data of the event that ends a stream properly, `[DONE]`; null where any complete end is proper. */
  readonly lastData: string | null;
  /** Omitted where no shapes are read. */
  readonly shape?: ShapeReads;
  /** Omitted where no answers are compared. */
  readonly answers?: AnswerComparison;
}

type HeadRule = Extract<FailureRule, { readonly header: string }>;

/** Whether the head of an answer says all that the rule needs. */
export function isRuleOnHead(rule: FailureRule): rule is HeadRule {
  return 'header' in rule;
}
