import type { ConfiguredLoki } from '../../config/route-logs.ts';
import { countsOnLogs, whyNoLogs } from '../../controller/warnings/unheard-logs.ts';
import { lokiClient } from '../../logs/pull/loki-client.ts';
import { loki } from '../../logs/ways/loki.ts';
import { UnreadableBatch } from '../../logs/ways/way.ts';
import { httpClient } from '../../metrics/http.ts';
import { counted } from '../../policy/counted.ts';
import { endpointOf } from '../open-sources.ts';
import type { Advisory, Checked, Remark } from './check.ts';
import { askMetrics } from './running.ts';

const ASKED_MS = 300_000;
const ASKED_LINES = 100;
const MOST_NAMED = 5;
const CAME = /^serin_log_last_line_timestamp_seconds\{http_route="([^"]+)"\} (\S+)$/gm;

/** Whether the logs that policies compare come: what each Loki answers now, and when the Serin that runs had a line of each route. */
export const fetchedLogs: Advisory = {
  name: 'logs',
  timeoutMs: 65_000,
  async run(checked, signal) {
    const { routes } = checked.loaded.config;
    const asked = routes.flatMap(({ name, logs }, at) =>
      logs?.loki === undefined ? [] : [answered(checked, { name, at, terms: logs.loki }, signal)],
    );
    const text = checked.purpose === 'serve' ? null : await askMetrics(checked, signal);
    return [...(await Promise.all(asked)).flat(), ...(text === null ? [] : unheard(checked, text))];
  },
};

interface AskedRoute {
  readonly name: string;
  /** Its place in the file. */
  readonly at: number;
  readonly terms: ConfiguredLoki;
}

/** What a Loki says to the question of a route, asked once. */
async function answered(
  { loaded: { document }, env }: Checked,
  { name, at, terms }: AskedRoute,
  signal: AbortSignal,
): Promise<readonly Remark[]> {
  const warning = (field: 'url' | 'query', message: string): readonly Remark[] => {
    const says = `${name}: ${message}`;
    const issue = document?.issue({ path: ['routes', at, 'logs', 'loki', field], message: says, at: 'value' });
    return [{ level: 'warning', says, ...(issue ? { issue } : {}) }];
  };
  const now = BigInt(Date.now()) * 1_000_000n;
  const question = {
    query: terms.query,
    from: now - BigInt(ASKED_MS) * 1_000_000n,
    to: now,
    limit: Math.min(ASKED_LINES, terms.limit),
    first: 'newest' as const,
  };
  const answer = await lokiClient(httpClient(endpointOf(terms, env))).ask(question, signal);
  if (!answer.ok) return warning(/^Loki answered (400|422)\b/.test(answer.reason) ? 'query' : 'url', answer.reason);
  try {
    const { lines, versions } = versionsIn(answer.body, terms.versionLabel ?? null, question.limit);
    if (lines === 0) return warning('query', 'Loki answers, and has no line of the last 5 min for this query');
    const label = terms.versionLabel === undefined ? 'version or service_version' : terms.versionLabel;
    if (versions.length === 0) {
      const say = `none of the ${counted(lines, 'line')} that Loki has names its version, by the label ${label} or by itself`;
      return warning('query', `${say}: they would be compared with nothing`);
    }
    const more = versions.length > MOST_NAMED ? `, and ${versions.length - MOST_NAMED} more` : '';
    const of = `${versions.slice(0, MOST_NAMED).join(', ')}${more}`;
    const many = lines >= question.limit ? `${lines} lines or more` : counted(lines, 'line');
    return [{ level: 'ok', says: `${name}: Loki answers, with ${many} of the last 5 min, of ${of}` }];
  } catch (error) {
    if (!(error instanceof UnreadableBatch)) throw error;
    return warning('query', `Loki gave an answer that cannot be read: ${error.message}`);
  }
}

function versionsIn(body: string, versionLabel: string | null, limit: number) {
  let lines = 0;
  const versions = new Set<string>();
  const tell = {
    wants: () => true,
    unread() {},
    line({ version }: { readonly version: string | null }) {
      if (version !== null) versions.add(version.slice(0, 100));
    },
    fault() {},
    page(read: { readonly lines: number }) {
      lines = read.lines;
    },
  };
  // One more, so that no line is left to a next page.
  loki.read(Buffer.from(body), tell, { limit: limit + 1, versionLabel });
  return { lines, versions: [...versions].toSorted() };
}

/** Routes that count on log lines of which the Serin that runs has none. */
function unheard({ loaded: { config, document }, policies }: Checked, text: string): readonly Remark[] {
  const cameAt = new Map([...text.matchAll(CAME)].map(([, route = '', at]) => [route, Number(at) * 1_000]));
  return config.routes.flatMap(({ name, policy, logs }, at): readonly Remark[] => {
    const checks = policies.get(policy)?.policy.spec.checks;
    if (checks === undefined || !countsOnLogs(checks, logs !== undefined)) return [];
    const came = cameAt.get(name);
    const why = whyNoLogs({ agoMs: came === undefined ? null : Date.now() - came, upMs: null, fault: null });
    if (why === null) return [{ level: 'ok', says: `${name}: log lines come` }];
    const says = `${name}: ${why}`;
    const issue = document?.issue({ path: ['routes', at, logs ? 'logs' : 'policy'], message: says, at: 'value' });
    return [{ level: 'warning', says, ...(issue ? { issue } : {}) }];
  });
}
