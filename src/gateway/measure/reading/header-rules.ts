import { type Condition, type FailureRule, isRuleOnHead } from '../../../split/answer-reads.ts';
import { SoughtField } from '../../http/sought-field.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';
import type { ReaderKind } from './reader.ts';
import { isMetByText, isOfText } from './text-condition.ts';

/** Texts that a field may have for nothing, as a document has null, false and 0. */
const EMPTY_TEXTS = new Set(['', '0', 'false', 'null']);

/** Errors that the head tells of, where no rule needs a body: every answer is asked. */
export const headerRulesReader: ReaderKind = ({ failures }) => {
  if (failures.length === 0 || !failures.every(isRuleOnHead)) return null;
  const isFailed = headRuleOf(failures);
  return ({ head }) => ({ end: (_, findings) => findings.content(isFailed(head) ? 'failed' : 'well') });
};

/** Tells whether one of the rules on fields is met; the others are not asked. */
export function headRuleOf(failures: readonly FailureRule[]): (head: UpstreamHead) => boolean {
  const rules = failures.filter(isRuleOnHead).map(({ header, is }) => ({ field: new SoughtField(header), is }));
  return (head) => rules.some(({ field, is }) => isMetBy(is, field.valuesIn(head)));
}

/** By one of the lines, where there are several. */
function isMetBy(condition: Condition, lines: readonly string[]): boolean {
  if (condition === 'present') return lines.length > 0;
  if (condition === 'non-empty') return lines.some((text) => !EMPTY_TEXTS.has(text.toLowerCase()));
  if (isOfText(condition)) return lines.some((text) => isMetByText(condition, text));
  return lines.includes(`${condition.equals}`);
}
