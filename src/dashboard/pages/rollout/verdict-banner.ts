import type { GlyphName } from '../../glyph-name.ts';
import type { RolloutView, VerdictView } from '../../views.ts';
import { endSign } from '../../words/end-sign.ts';
import { lasting, times } from '../../words/figures.ts';
import { quoted, reasonOrQuote } from '../../words/quoted.ts';
import { asSentence, capitalised } from '../../words/said.ts';
import { standingSign } from '../../words/standing-sign.ts';
import { type StandingSign, verdictSign } from '../../words/verdict-sign.ts';
import { needsSomebody } from '../routes/needs-somebody.ts';
import { harmThresholdOf } from './checks/check-evidence.ts';

/** A line in the largest type: what it is, since when where that is told, and its sentence. */
export interface BannerLead {
  readonly sign: GlyphName;
  readonly word: string;
  /** RFC 3339: told as an age behind the word. */
  readonly since: string | null;
  readonly age: 'ago' | 'for';
  readonly says: string;
  /** What a person wrote, between quotation marks, behind it; empty for nothing. */
  readonly quote: string;
}

export interface VerdictBanner {
  readonly tone: StandingSign['tone'];
  readonly leads: readonly BannerLead[];
  /** What is beside it, in finished sentences. */
  readonly more: readonly string[];
  /** What only a person can do now; empty for nothing. */
  readonly person: readonly string[];
}

/** What the page says largest, and what it says below it. */
export function bannerOf(view: RolloutView): VerdictBanner {
  const { active, paused, verdict, waitsFor, openPage } = view;
  const first = [...unrecordedLead(view), ...(paused !== null && active ? [pausedLead(paused)] : [])];
  const main = active ? verdictLead(view) : endLead(view);
  return {
    tone: first.length > 0 ? 'v-person' : main.tone,
    leads: [...first, main.lead],
    more: active ? whileItRuns(view) : atTheEnd(view, verdict),
    person: active ? needsSomebody({ waitsFor, openPage }) : [],
  };
}

function pausedLead({ at, by, role, reason }: NonNullable<RolloutView['paused']>): BannerLead {
  const told = role === 'serin' ? { says: reason, quote: '' } : { says: '', quote: quoted(reason) };
  return { sign: 'paused', word: `Paused by ${by}`, since: at, age: 'ago', ...told };
}

const UNRECORDED: Readonly<Record<string, string>> = {
  aborted: 'Aborted at the gateway',
  rolledBack: 'Rolled back at the gateway',
  canaryBraked: 'Braked at the gateway',
  harmHeld: 'Harm was found',
};

/** Whether the gateway sends everything to the stable already, whatever weight the database still has. */
export function isTakenBack({ unrecorded }: Pick<RolloutView, 'unrecorded'>): boolean {
  return unrecorded !== null && unrecorded.event !== 'harmHeld';
}

// What the gateway does already is told before what the database still says.
function unrecordedLead({ unrecorded }: RolloutView): readonly BannerLead[] {
  if (unrecorded === null) return [];
  const { event, by, role, at, reason } = unrecorded;
  const word = UNRECORDED[event] ?? event;
  const does =
    event === 'harmHeld' ? 'the canary keeps its weight until a person decides' : 'everything goes to the stable';
  const says = `${does}; not recorded yet, because the database is unavailable:`;
  return [
    {
      sign: 'suspect',
      word: event === 'harmHeld' ? word : `${word} by ${by}`,
      since: at,
      age: 'ago',
      ...(role === 'serin' ? { says: `${says} ${reason}`, quote: '' } : { says, quote: quoted(reason) }),
    },
  ];
}

function verdictLead(view: RolloutView): Pick<VerdictBanner, 'tone'> & { lead: BannerLead } {
  const { verdict, stage } = view;
  if (verdict === null) {
    const { sign, label } = standingSign(null, stage);
    const word = stage === 'preflight' ? 'Preflight' : sign === 'open' ? 'Nothing judged yet' : capitalised(label);
    return { tone: '', lead: { sign, word, since: null, age: 'for', says: reasonOrQuote(view, null), quote: '' } };
  }
  const { sign, label, tone } = verdictSign(verdict.name);
  const isFault = verdict.name === 'blind' || verdict.name === 'shared-fault';
  const since = isFault ? verdict.since : null;
  const lead = { sign, word: capitalised(label), since, age: 'for', says: verdict.reason, quote: '' } as const;
  return { tone, lead };
}

function endLead(view: RolloutView): Pick<VerdictBanner, 'tone'> & { lead: BannerLead } {
  const { stage, endedAt, verdict } = view;
  const { sign, label, tone } = endSign(stage);
  const says = reasonOrQuote(view, verdict);
  return { tone, lead: { sign, word: capitalised(label), since: endedAt, age: 'ago', says, quote: '' } };
}

function whileItRuns({ verdict, cost }: RolloutView): readonly string[] {
  if (verdict === null) return [];
  const { where, forecast } = verdict;
  const hurts = verdict.name === 'harmful' || verdict.name === 'suspect';
  return [
    ...beside(where, verdict.reason),
    ...soFar(verdict),
    ...(forecast === null ? [] : [forecast.says]),
    ...(hurts && cost !== null ? [cost.says] : []),
  ].map(asSentence);
}

function atTheEnd({ cost, endedAt, stage, reason }: RolloutView, verdict: VerdictView | null): readonly string[] {
  const where = verdict?.where ?? null;
  const decidedMs = verdict?.since && endedAt ? Date.parse(endedAt) - Date.parse(verdict.since) : 0;
  const isQuick = stage === 'rolled-back' && verdict?.name === 'harmful' && decidedMs > 0;
  return [
    ...beside(where, reason),
    ...(cost === null ? [] : [cost.says]),
    ...(isQuick ? [`decided ${lasting(decidedMs)} after the first sign`] : []),
  ].map(asSentence);
}

// Where no evidence counts, that there is none would be no news.
function soFar(verdict: VerdictView): readonly string[] {
  const counts = verdict.findings.some((finding) => harmThresholdOf(finding, verdict) !== null);
  const evidence = counts ? evidenceInWords(verdict) : '';
  if (verdict.name !== 'blind') return counts ? [evidence] : [];
  const held = 'its stage is held and its dwell stands still: no data is never a pass, and by itself no failure';
  return counts ? [held, `so far: ${evidence}`] : [held];
}

/** What is not in the sentence already. */
function beside(where: VerdictView['where'], sentence: string): readonly string[] {
  return where === null || sentence.includes(where.says) ? [] : [where.says];
}

/** `evidence of harm ×1.4 of ×1,000`: of all checks together, against what decides. */
export function evidenceInWords({ logEvidence, logThreshold }: Pick<VerdictView, 'logEvidence' | 'logThreshold'>) {
  const of = logThreshold === null ? '' : ` of ${times(logThreshold)}`;
  if (logEvidence === null || logEvidence <= 0) return 'no evidence of harm';
  return `evidence of harm ${times(logEvidence)}${of}`;
}
