import type { Machine } from '../gateway/machine.ts';

export const WAYS = ['key', 'opaque', 'jwt'] as const;
export type Way = (typeof WAYS)[number];

/** A window of one way. */
export interface Sample {
  readonly way: Way;
  /** CPU time of the gateway for a request. */
  readonly us: number;
  readonly requests: number;
}

interface TokensReport {
  readonly date: string;
  readonly machine: Omit<Machine, 'stolen'> & { readonly stolen: number };
  readonly tokenBytes: number;
  readonly pinned: boolean;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly rounds: readonly (readonly Sample[])[];
}

const TARGET = 1.1;

const SAID: Readonly<Record<Way, string>> = {
  key: 'an API key in `X-Api-Key`',
  opaque: 'a key as long as a token, in `Authorization`',
  jwt: 'a cached token in `Authorization`',
};

export function markdown({ date, machine, tokenBytes, pinned, outcomes, rounds }: TokensReport): string {
  const of = (way: Way) => rounds.flatMap((samples) => samples.filter((one) => one.way === way).map(({ us }) => us));
  const ratios = (over: Way) => {
    const [above, below] = [of('jwt'), of(over)];
    return above.map((us, at) => us / (below[at] ?? Number.NaN));
  };
  const quiet = (over: Way) => quantile(of('jwt'), 0.25) / quantile(of(over), 0.25);
  const against = quantile(ratios('key'), 0.5);
  const row = (over: Way) =>
    `| against ${SAID[over]} | ${[0.1, 0.5, 0.9].map((at) => quantile(ratios(over), at).toFixed(2)).join(' / ')} | ${quiet(over).toFixed(2)} |`;
  const requests = rounds.flat().reduce((sum, one) => sum + one.requests, 0);
  const known = Object.entries(outcomes).filter(([, count]) => count > 0);
  return `# What a token costs

Written by \`npm run bench:tokens\` on ${date}: CPU time of the gateway for a 1 KB GET on its fast path while a rollout runs, with 256 clients and
tokens of ${tokenBytes} bytes (RS256). ${rounds.length} rounds, in each a window of 300 ms of every way, in turn; ${requests} requests.

${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; ${pinned ? 'the gateway alone on one core' : 'no core of its own'}. Load average before:
${machine.loadBefore.toFixed(1)}; stolen by the hypervisor: ${(100 * machine.stolen).toFixed(1)} %.

| CPU us per request | 10 % / **median** / 90 % of the rounds |
| --- | --- |
${WAYS.map((way) => `| ${SAID[way]} | ${[0.1, 0.5, 0.9].map((at) => quantile(of(way), at).toFixed(1)).join(' / ')} |`).join('\n')}

| a cached token | 10 % / **median** / 90 % of the ratios within a round | of the quiet quartiles |
| --- | --- | --- |
${row('key')}
${row('opaque')}

Target: at most ${TARGET} times an API key; ${against <= TARGET ? 'hit' : `missed by ${Math.round(100 * (against / TARGET - 1))} %`}. A token is some hundred bytes more to read and to pass on, whoever looks at it:
against a key of the same length a token costs its SHA-256 and a look at the time. Of the tokens ${known.map(([outcome, count]) => `${count} were ${outcome}`).join(', ')}.
`;
}

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN;
}
