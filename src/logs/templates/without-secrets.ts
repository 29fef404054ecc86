import { redactedSpans } from '../../redact/example.ts';
import { WILDCARD } from './mask.ts';

/** The words of a template with `<*>` for those that are part of a secret, or of what is a person's: templates are shown, and kept. */
export function withoutSecrets(words: readonly string[]): readonly string[] {
  const spans = redactedSpans(words.join(' '));
  if (spans.length === 0) return words;
  let from = 0;
  return words.map((word) => {
    const to = from + word.length;
    const isSecret = word !== WILDCARD && spans.some((span) => span.from < to && span.to > from);
    from = to + 1;
    return isSecret ? WILDCARD : word;
  });
}
