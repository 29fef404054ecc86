import { controllerRoute } from '../../config/routes.ts';
import { whyUncarried } from '../../controller/unmeasurable.ts';
import type { AnswerKind } from '../../gateway/gateway.ts';
import { counted } from '../../policy/counted.ts';
import type { Checks } from '../../policy/schema.ts';
import { formatPercent } from '../../policy/units.ts';
import { isRuleOnHead } from '../../split/answer-reads.ts';
import type { Advisory, Checked, Remark } from './check.ts';
import { askMetrics } from './running.ts';

/** Answers of a route by what their heads say they are, since the Serin that runs was started. */
export type AnswersByKind = Readonly<Record<AnswerKind, number>>;

/** Fewer answers say little of what a route carries. */
const ENOUGH_ANSWERS = 100;
/** A smaller part of the answers is not worth a line. */
const WORTH_SAYING = 0.05;

const ANSWERS = /^serin_gateway_answers_total\{(.*)\} (\d+(?:\.\d+)?(?:e\+\d+)?)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** What of the traffic of each route no check of its policy looks at. */
export const coverage: Advisory = {
  name: 'coverage',
  timeoutMs: 5_000,
  async run(checked, signal) {
    const never = uncarried(checked);
    const text = checked.purpose === 'serve' ? null : await askMetrics(checked, signal);
    if (text === null) return never;
    const byRoute = answersIn(text);
    const looked = checked.loaded.config.routes.flatMap(({ name, policy }) => {
      const answers = byRoute.get(name);
      const checks = checked.policies.get(policy)?.policy.spec.checks;
      return answers === undefined || checks === undefined ? [] : unlooked(name, checks, answers);
    });
    return [...never, ...looked];
  },
};

/** Routes whose policy asks for what their source does not know: no rollout starts there. */
function uncarried({ loaded: { config, document }, policies }: Checked): readonly Remark[] {
  return config.routes.map(controllerRoute).flatMap((route, at): readonly Remark[] => {
    const checks = policies.get(route.policy)?.policy.spec.checks;
    const why = checks === undefined ? null : whyUncarried(route, checks);
    if (why === null) return [];
    const says = `no rollout with the policy ${route.policy} starts on ${route.name}: ${why}`;
    const issue = document?.issue({ path: ['routes', at, 'policy'], message: says, at: 'value' });
    return [{ level: 'warning', says, ...(issue ? { issue } : {}) }];
  });
}

/** What nothing looks at, one line each; a line that says that all is looked at where nothing is left out. */
export function unlooked(route: string, checks: Checks, answers: AnswersByKind): readonly Remark[] {
  const all = Object.values(answers).reduce((sum, count) => sum + count, 0);
  if (all < ENOUGH_ANSWERS) {
    const says = `${route}: ${counted(all, 'answer')} since the start are too few to say what they are`;
    return [{ level: 'ok', says }];
  }
  const remarks = [...ofStreams(checks, answers, all), ...ofTunnels(answers, all), ...ofBodies(checks, answers, all)];
  if (remarks.length > 0) return remarks.map((remark) => ({ ...remark, says: `${route}: ${remark.says}` }));
  return [{ level: 'ok', says: `${route}: every kind of answer that comes often is looked at by a check` }];
}

function ofStreams({ streams }: Checks, answers: AnswersByKind, all: number): readonly Remark[] {
  const share = answers['event-stream'] / all;
  if (streams !== undefined || share < WORTH_SAYING) return [];
  const says = `${shareOf(share)} of the answers are event streams: no latency check reads them, nor how they end (checks.streams)`;
  return [{ level: 'warning', says }];
}

function ofTunnels(answers: AnswersByKind, all: number): readonly Remark[] {
  const share = answers.tunnel / all;
  if (share < WORTH_SAYING) return [];
  return [
    {
      level: 'ok',
      says: `${shareOf(share)} of the answers open a WebSocket: what passes through it is never looked at`,
    },
  ];
}

function ofBodies({ errors }: Checks, answers: AnswersByKind, all: number): readonly Remark[] {
  const share = answers.json / all;
  if (errors.when.length === 0) {
    if (share < WORTH_SAYING) return [];
    const says = `${shareOf(share)} of the answers are JSON: errors inside a 200 are not looked for (checks.errors.when)`;
    return [{ level: 'ok', says }];
  }
  if (errors.when.every(isRuleOnHead) || share >= WORTH_SAYING) return [];
  const says = `checks.errors.when reads JSON, and ${shareOf(1 - share)} of the answers are something else: nothing is promoted while nothing can be read`;
  return [{ level: 'warning', says }];
}

/** Rounded to whole per cent, so that a changing count does not look exact. */
function shareOf(share: number): string {
  return formatPercent(Math.round(share * 100) / 100).replace('%', ' %');
}

/** What `/metrics` says, both versions of a route together. */
export function answersIn(text: string): ReadonlyMap<string, AnswersByKind> {
  const byRoute = new Map<string, Record<AnswerKind, number>>();
  for (const [, labels = '', value = ''] of text.matchAll(ANSWERS)) {
    const of = new Map(Array.from(labels.matchAll(LABEL), ([, name = '', text = '']) => [name, text]));
    const route = of.get('http_route');
    const kind = of.get('kind');
    if (route === undefined || !isKind(kind)) continue;
    const answers = byRoute.get(route) ?? { json: 0, 'event-stream': 0, tunnel: 0, other: 0 };
    answers[kind] += Number(value);
    byRoute.set(route, answers);
  }
  return byRoute;
}

function isKind(kind: string | undefined): kind is AnswerKind {
  return kind === 'json' || kind === 'event-stream' || kind === 'tunnel' || kind === 'other';
}
