import type { LogTerms } from '../../policy/checks/log-checks.ts';
import { Pattern } from '../../split/pattern.ts';
import type { LineLevel, LogCounts } from '../../stats/logs/log-counts.ts';

/** A template in its parts. */
export interface TemplateName {
  readonly level: string;
  /** Empty where the lines name none. */
  readonly logger: string;
  readonly text: string;
}

/** @example templateName('error pay.Charge: card <*> declined') // { level: 'error', logger: 'pay.Charge', text: 'card <*> declined' } */
export function templateName(template: string): TemplateName {
  const space = template.indexOf(' ');
  const level = space < 0 ? template : template.slice(0, space);
  const rest = space < 0 ? '' : template.slice(space + 1);
  const colon = rest.indexOf(': ');
  const logger = colon < 0 ? '' : rest.slice(0, colon).trim();
  return { level, logger, text: colon < 0 ? rest : rest.slice(colon + 2) };
}

/** What the policy says of names, ready to be asked. */
export interface NamesOfTerms {
  readonly isIgnoredTemplate: (template: string) => boolean;
  readonly isExpectedTemplate: (template: string) => boolean;
  readonly ignoredCalls: ReadonlySet<string>;
  readonly ignoredFields: ReadonlySet<string>;
  readonly newCalls: ReadonlySet<string>;
  readonly lostCalls: ReadonlySet<string>;
  readonly lostFields: ReadonlySet<string>;
}

const KNOWN = new WeakMap<LogTerms, NamesOfTerms>();
/** What services write must not fill the memory. */
const MOST_ASKED = 5_000;

export function namesOf(terms: LogTerms): NamesOfTerms {
  const known = KNOWN.get(terms) ?? compiled(terms);
  KNOWN.set(terms, known);
  return known;
}

function compiled({ ignore, expect }: LogTerms): NamesOfTerms {
  // The numbers of a logger's instances are no part of its name in a template.
  const loggers = new Set(ignore.flatMap((one) => ('logger' in one ? [one.logger.replace(/\d+/g, '<*>')] : [])));
  const patterns = (list: readonly object[]) =>
    list.flatMap((one) => ('template' in one ? [new Pattern(String(one.template))] : []));
  const ignored = patterns(ignore);
  const expected = patterns(expect);
  return {
    isIgnoredTemplate: remembering(
      (template) => loggers.has(templateName(template).logger) || ignored.some((pattern) => pattern.isIn(template)),
    ),
    isExpectedTemplate: remembering((template) => expected.some((pattern) => pattern.isIn(template))),
    ignoredCalls: new Set(ignore.flatMap((one) => ('call' in one ? [one.call] : []))),
    ignoredFields: new Set(ignore.flatMap((one) => ('field' in one ? [one.field] : []))),
    newCalls: new Set(expect.flatMap((one) => ('newCall' in one ? [one.newCall] : []))),
    lostCalls: new Set(expect.flatMap((one) => ('lostCall' in one ? [one.lostCall] : []))),
    lostFields: new Set(expect.flatMap((one) => ('lostField' in one ? [one.lostField] : []))),
  };
}

function remembering(ask: (template: string) => boolean): (template: string) => boolean {
  const answers = new Map<string, boolean>();
  return (template) => {
    const known = answers.get(template);
    if (known !== undefined) return known;
    const answer = ask(template);
    if (answers.size < MOST_ASKED) answers.set(template, answer);
    return answer;
  };
}

/** The lines that count: without what is ignored, and without the levels of what is expected. */
export function thatCount(names: NamesOfTerms, logs: LogCounts): LogCounts {
  const levels: Record<LineLevel, number> = { ...logs.levels };
  let lines = logs.lines;
  const templates = Object.entries(logs.templates).filter(([template, count]) => {
    const isIgnored = names.isIgnoredTemplate(template);
    if (isIgnored) lines = Math.max(0, lines - count);
    if (isIgnored || names.isExpectedTemplate(template)) lessOf(levels, templateName(template).level, count);
    return !isIgnored;
  });
  return {
    ...logs,
    lines,
    levels,
    templates: Object.fromEntries(templates),
    fields: without(logs.fields, names.ignoredFields),
    calls: without(logs.calls, names.ignoredCalls),
  };
}

function lessOf(levels: Record<LineLevel, number>, level: string, count: number): void {
  if (level !== 'error' && level !== 'warn' && level !== 'info' && level !== 'debug') return;
  levels[level] = Math.max(0, levels[level] - count);
}

function without(
  counts: Readonly<Record<string, number>>,
  ignored: ReadonlySet<string>,
): Readonly<Record<string, number>> {
  if (ignored.size === 0) return counts;
  return Object.fromEntries(Object.entries(counts).filter(([name]) => !ignored.has(name)));
}

/** The templates of one level. */
export function ofLevel(
  templates: Readonly<Record<string, number>>,
  level: LineLevel,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(templates).filter(([template]) => template.startsWith(`${level} `)));
}
