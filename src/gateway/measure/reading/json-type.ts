import { SoughtField } from '../../http/sought-field.ts';
import type { UpstreamHead } from '../../upstream/upstream-client.ts';

const CONTENT_TYPE = new SoughtField('content-type');

/** `application/json`, and any type with the suffix `+json` (RFC 6839 section 3.1). */
const JSON_TYPE = /^(?:application\/json|[^/]+\/.+\+json)$/i;
const LONGEST_TYPE = 100;
const CHARSET = /^charset="?([^"]*)"?$/i;
const UTF_8 = new Set(['utf-8', 'utf8', 'us-ascii']);

/**
 * Null where the head says that its body is JSON in UTF-8; otherwise what it says: the type without its parameters, in lower case.
 *
 * @example otherTypeOf(head) // 'text/html'
 */
export function otherTypeOf(head: UpstreamHead): string | null {
  const lines = CONTENT_TYPE.valuesIn(head);
  const [type = '', ...parameters] = (lines[0] ?? '').split(';').map((part) => part.trim());
  if (type === '') return 'no type';
  if (lines.length > 1) return 'two types';
  if (!JSON_TYPE.test(type)) return type.slice(0, LONGEST_TYPE).toLowerCase();
  return parameters.every(isUtf8) ? null : 'another charset';
}

/** Of a parameter: every one but another charset. */
function isUtf8(parameter: string): boolean {
  const charset = CHARSET.exec(parameter)?.[1];
  return charset === undefined || UTF_8.has(charset.toLowerCase());
}
