import { httpUpstream, type TestUpstream } from './upstream.ts';

/** What a process exports: counters and classic histograms in the text format of Prometheus, as a test moves them. */
export interface Exporter extends TestUpstream {
  /** Adds to a counter, which appears with its first addition like those of the client libraries. */
  add(metric: string, labels: Labels, by?: number): void;
  /** Puts one observation into a histogram with these upper boundaries. */
  observe(metric: string, labels: Labels, value: number, boundaries: readonly number[]): void;
  /** As after a restart: every series is gone and begins anew. */
  reset(): void;
  /** `silent` answers scrapes with 503 until it `speaks` again. */
  become(state: 'speaks' | 'silent'): void;
  /** Adds a line as it stands to each exposition. */
  say(line: string): void;
  /** Times that it was scraped with success. */
  scrapes(): number;
}

type Labels = Readonly<Record<string, string>>;

export async function startExporter(): Promise<Exporter> {
  const values = new Map<string, number>();
  const lines: string[] = [];
  let state: 'speaks' | 'silent' = 'speaks';
  let scraped = 0;
  const add = (metric: string, labels: Labels, by = 1) => {
    const key = seriesName(metric, labels);
    values.set(key, (values.get(key) ?? 0) + by);
  };
  const upstream = await httpUpstream((_, response) => {
    if (state === 'silent') {
      response.writeHead(503).end();
      return;
    }
    scraped += 1;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end([...[...values].map(([key, value]) => `${key} ${value}`), ...lines, ''].join('\n'));
  });
  return {
    ...upstream,
    add,
    observe(metric, labels, value, boundaries) {
      for (const boundary of [...boundaries, Number.POSITIVE_INFINITY]) {
        const le = boundary === Number.POSITIVE_INFINITY ? '+Inf' : String(boundary);
        add(`${metric}_bucket`, { ...labels, le }, value <= boundary ? 1 : 0);
      }
      add(`${metric}_count`, labels);
      add(`${metric}_sum`, labels, value);
    },
    reset: () => values.clear(),
    become: (next) => {
      state = next;
    },
    say: (line) => void lines.push(line),
    scrapes: () => scraped,
  };
}

function seriesName(metric: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${metric}{${pairs.join(',')}}`;
}
