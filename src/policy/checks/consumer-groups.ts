/** Consumers of whom the same differences are expected, so that their answers are compared together, apart from all others. */
export interface ConsumerGroup {
  /** `acme`, `acme and globex`, `acme and 3 more`; no consumer is in two groups, so no two have the same first name. */
  readonly name: string;
  readonly consumers: readonly string[];
  /** The indices of what is expected of them alone. */
  readonly expects: readonly number[];
}

/** Each of them is compared by itself, at every endpoint. */
export const MOST_GROUPS = 4;

/** The consumers that a policy names, by what it expects of them. */
export function consumerGroups(
  expect: readonly { readonly consumers?: readonly string[] | undefined }[],
): readonly ConsumerGroup[] {
  const named = new Set(expect.flatMap(({ consumers = [] }) => consumers));
  const expectedOf = (consumer: string) =>
    expect.flatMap(({ consumers = [] }, index) => (consumers.includes(consumer) ? [index] : []));
  const groups = Map.groupBy(named, (consumer) => expectedOf(consumer).join(' '));
  return [...groups.values()].map((consumers) => ({
    name: nameOf(consumers),
    consumers,
    expects: expectedOf(consumers[0] ?? ''),
  }));
}

function nameOf([first = '', ...others]: readonly string[]): string {
  const [second] = others;
  if (second === undefined) return first;
  return others.length === 1 ? `${first} and ${second}` : `${first} and ${others.length} more`;
}
