import pc from 'picocolors';
import type { AuditView, RolloutView } from '../../api/view-schemas.ts';
import { formatShare } from '../../parity/figures.ts';
import { lookAgeInWords } from '../../rollout/look-age.ts';
import { reasonInWords } from '../../rollout/words/quote.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import { whatHappened } from '../happened.ts';
import { clean, fit, padTo, widthOf, wrap } from '../text.ts';
import { waitsInWords } from '../waits.ts';
import { declaredText } from './declared-text.ts';
import { bar, type Paint, shortSpan } from './figures.ts';
import { unrecordedText } from './look-text.ts';
import { renderChecks } from './panel-checks.ts';
import { renderDifferences } from './panel-differences.ts';
import { renderLadder } from './panel-ladder.ts';
import { renderNeeds } from './panel-needs.ts';
import { renderWhere } from './panel-where.ts';

export interface PanelOptions {
  /** Columns; no line is wider, unless there are fewer than 48. */
  readonly width?: number;
  readonly colour?: boolean;
  /** Shown below, oldest first. */
  readonly audit?: readonly AuditView[];
}

const LABEL = 10;
const LEAST_WIDTH = 48;

/** A rollout as a text panel: pure, the same view gives the same lines. */
export function renderRollout(view: RolloutView, options: PanelOptions = {}): string {
  const width = Math.max(LEAST_WIDTH, options.width ?? 80);
  const paint = pc.createColors(options.colour ?? pc.isColorSupported);
  const lines = [
    heading(view, width, paint),
    '',
    ...renderLadder(view, width, paint),
    '',
    ...facts(view, width, paint),
    ...renderNeeds(view, width, paint),
    ...renderChecks(view, width, paint),
    ...renderWhere(view, width, paint),
    ...renderDifferences(view, width, paint),
    ...history(options.audit ?? [], width, paint),
  ];
  return lines.join('\n');
}

function heading(view: RolloutView, width: number, paint: Paint): string {
  const until = Date.parse(view.endedAt ?? view.lookedAt) - Date.parse(view.startedAt);
  const right = `attempt ${view.attempt}, ${view.active ? 'for' : 'took'} ${shortSpan(until)}`;
  const room = width - widthOf(right) - 2;
  const versions = `${clean(view.stable.version)} -> ${clean(view.canary.version)}`;
  const left = fit(`${clean(view.route)}  ${versions}`, room);
  const name = fit(clean(view.route), room);
  return `${padTo(paint.bold(name) + left.slice(name.length), room)}  ${paint.dim(right)}`;
}

function facts(view: RolloutView, width: number, paint: Paint): string[] {
  const { dwell, paused, verdict } = view;
  const room = width - LABEL;
  const size = Math.min(24, Math.floor(room / 2));
  const share = capabilitiesOf(view).serinMoves ? 'canary' : 'advised';
  const line = (label: string, text: string) => paint.dim(padTo(label, LABEL)) + text;
  const text = (label: string, plain: string, colour: (part: string) => string) =>
    wrap(clean(plain), room).map((part, index) => line(index === 0 ? label : '', colour(part)));

  return [
    line(
      'weight',
      `${bar(view.canaryBps / WHOLE_BPS, size, paint.cyan, paint)}  ${paint.bold(view.canaryWeight)} ${share}`,
    ),
    ...(view.heavyLast ? text('last', heavyLastText(view.heavyLast), plain) : []),
    ...(view.active && dwell.needMs > 0
      ? [line('dwell', `${bar(dwell.haveMs / dwell.needMs, size, paint.blue, paint)}  ${dwellText(dwell)}`)]
      : []),
    ...(paused ? text('paused', `by ${paused.by}: ${reasonInWords(paused.reason, paused)}`, paint.yellow) : []),
    ...(view.unrecorded ? text('at once', unrecordedText(view.unrecorded), paint.yellow) : []),
    ...(verdict ? text('verdict', verdictText(verdict), verdictColour(verdict.name, paint)) : []),
    ...(view.declared ? text('openapi', declaredText(view.declared), plain) : []),
    ...(view.look ? text('looked', lookAgeInWords(view.look), view.look.trouble ? paint.yellow : paint.dim) : []),
    ...(view.active && verdict?.forecast ? text('forecast', verdict.forecast.says, paint.dim) : []),
    ...[becauseOf(view)].flatMap((why) => (why === null ? [] : text('because', why, plain))),
    ...[waitsInWords(view)].flatMap((what) => (what === null ? [] : text('waits for', what, paint.magenta))),
  ];
}

function plain(text: string): string {
  return text;
}

function dwellText({ haveMs, needMs }: RolloutView['dwell']): string {
  return `${shortSpan(Math.min(haveMs, needMs))} of ${shortSpan(needMs)}`;
}

/** Why it is in this stage; null where the verdict above says just that. */
function becauseOf({ reason, verdict }: RolloutView): string | null {
  return reason === verdict?.reason ? null : reason;
}

function verdictText({ name, reason }: NonNullable<RolloutView['verdict']>): string {
  return reason.startsWith(name) ? reason : `${name}: ${reason}`;
}

function verdictColour(name: NonNullable<RolloutView['verdict']>['name'], paint: Paint): (text: string) => string {
  switch (name) {
    case 'harmful':
      return paint.red;
    case 'suspect':
    case 'shared-fault':
    case 'blind':
      return paint.yellow;
    case 'undecided':
      return plain;
    case 'at-parity':
      return paint.green;
  }
}

function history(audit: readonly AuditView[], width: number, paint: Paint): string[] {
  if (audit.length === 0) return [];
  const lines = audit.map(({ at, actor, event, reason }) => {
    const rest = fit(clean(`${whatHappened(event)}: ${reasonInWords(reason, actor)} (${actor.name})`), width - 10);
    return `${paint.dim(at.slice(11, 19))}  ${rest}`;
  });
  return ['', ...lines];
}

/** `2 heavy keys, which had 31 % of the traffic, join at 100 % only` */
function heavyLastText({ keys, share }: NonNullable<RolloutView['heavyLast']>): string {
  const had = `${keys === 1 ? 'one heavy key' : `${keys} heavy keys`}, which had ${formatShare(share)} of the traffic`;
  return `${had}, ${keys === 1 ? 'joins' : 'join'} at 100 % only`;
}
