const KEYWORDS = new Set([
  'and',
  'or',
  'unless',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'offset',
  'bool',
]);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const MATCHERS = /\{([^{}]*)\}/g;

/** The metrics that a PromQL expression reads, and every label that it names. For the expressions of this project. */
export function namesIn(expression: string): {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
} {
  const plain = expression.replaceAll(/"[^"]*"/g, '""');
  const matched = [...plain.matchAll(MATCHERS)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  );
  const grouped = [...plain.matchAll(GROUPING)].flatMap(([, inside = '']) =>
    inside.split(',').map((one) => one.trim()),
  );
  const rest = plain
    .replaceAll(GROUPING, ' ')
    .replaceAll(MATCHERS, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ');
  const words = [...rest.matchAll(/(?<![\w.])[a-z_:][\w:]*(?!\s*\(|\w)/gi)].map(([word]) => word);
  const metrics = words.filter((word) => !KEYWORDS.has(word));
  return { metrics: [...new Set(metrics)], labels: [...new Set([...matched, ...grouped])] };
}

/** What a text exposition has: its metrics by the name under which they are queried, with the labels of their series. */
export function exposedIn(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const exposed = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const series = /^([a-z_:][\w:]*)(?:\{(.*)\})? \S+$/i.exec(line);
    if (!series) continue;
    const [, metric = '', inside = ''] = series;
    const labels = exposed.get(metric) ?? new Set();
    for (const [, label = ''] of inside.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) labels.add(label);
    exposed.set(metric, labels);
  }
  return exposed;
}
