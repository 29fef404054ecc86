import type { GlyphName } from '../../glyph-name.ts';
import { rolloutPage, routePage } from '../../paths.ts';
import type { FindingView, RolloutView, RouteView } from '../../views.ts';
import { shortTime } from '../../words/clock.ts';
import { endSign } from '../../words/end-sign.ts';
import { measure } from '../../words/figures.ts';
import { reasonOrQuote, wordsBy } from '../../words/quoted.ts';
import { asSentence, capitalised, legible, said } from '../../words/said.ts';
import { ladderPlace, spacedPercent, stageInShort, stageNow } from '../../words/stage-words.ts';
import { standingSign } from '../../words/standing-sign.ts';
import { lookAge, needsSomebody } from './needs-somebody.ts';

export type RouteGroup = 'needs' | 'rolling' | 'ended' | 'quiet';

/** What goes on at a route, in words. */
export interface RowState {
  readonly group: RouteGroup;
  /** Where its name leads. */
  readonly to: string;
  readonly sign: GlyphName;
  readonly label: string;
  /** Empty where nothing rolls out, and nothing did of late. */
  readonly canary: string;
  readonly stages: number;
  readonly at: number;
  readonly how: 'here' | 'harm' | 'ended' | 'through';
  /** The stage; of a quiet route where its requests come from. */
  readonly stands: string;
  readonly lead: string;
  /** What a person wrote, between quotation marks; empty for nothing. */
  readonly quote: string;
  readonly says: string;
  readonly waits: string;
  /** Empty where nothing runs. */
  readonly canaryErrors: string;
  readonly stableErrors: string;
  /** Which quantile the latencies are. */
  readonly quantile: string;
  readonly canaryLatency: string;
  readonly stableLatency: string;
}

const NO_LADDER = { stages: 0, at: -1, how: 'here' } as const;
const NO_FIGURES = { canaryErrors: '', stableErrors: '', quantile: '', canaryLatency: '', stableLatency: '' } as const;

export function runningState(view: RolloutView): RowState {
  const { id, canary, verdict, paused, look } = view;
  const needs = needsSomebody(view);
  const { stages, at } = ladderPlace(view);
  const { sign, label } = standingSign(verdict?.name ?? null, view.stage);
  const found = verdict === null ? reasonOrQuote(view, null) : said(verdict.reason);
  const failing = look !== null && look.failures > 0 ? [lookAge(look)] : [];
  return {
    group: needs.length > 0 ? 'needs' : 'rolling',
    to: rolloutPage(id),
    ...(paused === null ? { sign, label } : { sign: 'paused', label: 'paused' }),
    canary: legible(canary.version),
    stages,
    at,
    how: 'here',
    stands: stageNow(view),
    lead: paused === null ? `${capitalised(label)}:` : asSentence(`paused by ${paused.by}`),
    quote: paused === null ? '' : wordsBy(paused.role, paused.reason),
    says: paused === null ? found : `${capitalised(label)}: ${found}`,
    waits: said((needs.length > 0 ? needs : [...failing, ...openNeeds(view)]).join('; ')),
    ...figures(verdict?.findings ?? []),
  };
}

/** These needs are said beside the ladder, in the lead, and by the age of the look. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['pause', 'dwell', 'forced', 'look']);

/** What has to be true before the stage ends, is not yet, and is not said already. */
function openNeeds({ needs, nextStage, stages, verdict }: RolloutView): readonly string[] {
  const reason = verdict?.reason ?? '';
  const open = needs
    .filter(({ what, met, says }) => !met && !SAID_ELSEWHERE.has(what) && says !== reason)
    // `parity shown by 0 of 5 checks; furthest is p99: ...`, which is what the verdict says.
    .map(({ says }) => (reason !== '' && says.includes(reason) ? (says.split(';')[0] ?? says) : says));
  const to = stages.find(({ name }) => name === nextStage)?.label ?? nextStage;
  return open.length === 0 || to === null ? open : [`to ${spacedPercent(to)}: ${open.join('; ')}`];
}

function figures(findings: readonly FindingView[]) {
  const errors = findings.find(({ check }) => check === 'errors');
  const latencies = findings.filter(({ check }) => /^p\d/.test(check));
  const slow = latencies.find(({ check }) => check === 'p99') ?? latencies.at(-1);
  const show = (value: number | null | undefined, unit: FindingView['unit']) => measure(value ?? null, unit);
  return {
    canaryErrors: show(errors?.canary, 'share'),
    stableErrors: show(errors?.stable, 'share'),
    quantile: slow?.check ?? 'p99',
    canaryLatency: show(slow?.canary, 'ms'),
    stableLatency: show(slow?.stable, 'ms'),
  };
}

/** Of the list of routes alone, while the rollout's own view is not there. */
export function runningInShort(rollout: NonNullable<RouteView['rollout']>): RowState {
  const { id, version, verdict } = rollout;
  const needs = needsSomebody(rollout);
  const { sign, label } = standingSign(verdict, rollout.stage);
  return {
    ...NO_LADDER,
    ...NO_FIGURES,
    group: needs.length > 0 ? 'needs' : 'rolling',
    to: rolloutPage(id),
    sign,
    label,
    canary: legible(version),
    stands: legible(stageInShort(rollout)),
    lead: `${capitalised(label)}.`,
    quote: '',
    says: '',
    waits: needs.join('; '),
  };
}

/** `view` is null where it is not among those that ended last. */
export function endedState(
  { id, version, stage, reason, endedBy, endedAt }: NonNullable<RouteView['lastEnded']>,
  view: RolloutView | null,
  now: number,
): RowState {
  const { sign, label, how } = endSign(stage);
  const place = view && ladderPlace(view);
  const when = shortTime(Date.parse(endedAt), now);
  return {
    ...NO_FIGURES,
    group: 'ended',
    to: rolloutPage(id),
    sign,
    label,
    canary: legible(version),
    stages: place?.stages ?? 0,
    at: place?.at ?? -1,
    how,
    stands: place === null || how === 'through' ? `${label} ${when}` : `${label} ${atStage(place.label)}, ${when}`,
    lead: legible(stage === 'finalised' ? `${version} became the stable.` : `${version} ${label}.`),
    quote: '',
    says: reasonOrQuote({ reason, reasonBy: endedBy }, view?.verdict ?? null),
    waits: said(view?.cost?.says ?? ''),
  };
}

/** `at 10 %`, `in internal` */
function atStage(label: string): string {
  return `${label.endsWith('%') ? 'at' : 'in'} ${label}`;
}

export function quietState({ name, host, path, lastEnded }: RouteView, now: number): RowState {
  return {
    ...NO_LADDER,
    ...NO_FIGURES,
    group: 'quiet',
    to: routePage(name),
    sign: 'quiet',
    label: 'no rollout',
    canary: '',
    stands: path === null ? 'carried by another router' : `${host ?? ''}${path}`,
    lead: '',
    quote: '',
    says: lastEnded === null ? 'no rollout so far' : lastInWords(lastEnded, now),
    waits: '',
  };
}

function lastInWords({ version, stage, endedAt }: NonNullable<RouteView['lastEnded']>, now: number): string {
  return `${legible(version)} ${endSign(stage).label} ${shortTime(Date.parse(endedAt), now)}`;
}
