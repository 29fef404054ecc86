import { isSecretName } from './secret-name.ts';
import type { SecretSpan } from './secret-patterns.ts';

const NAME = '([A-Za-z0-9_][A-Za-z0-9_.-]{1,60})';
const QUOTE = `\\\\{0,4}["']`;
/** How a name and its value are written; the value comes next. */
const NAMED: readonly RegExp[] = [
  // `password=...`, `"token": "..."`, `"token" => "..."`, `password%3D...`
  new RegExp(`(?<![A-Za-z0-9_.])-{0,2}${NAME}(?:${QUOTE})?\\s{0,3}(?:=>|[:=]|%3[ad])\\s{0,3}`, 'gi'),
  // `--password ...`
  new RegExp(`(?<![^\\s"'])--?${NAME}\\s{1,3}(?!-)`, 'g'),
  // `('password', '...')`, `["password", "..."]`
  new RegExp(`${QUOTE}${NAME}${QUOTE}\\s{0,3},\\s{0,3}(?=${QUOTE})`, 'g'),
  // `{"name": "password", "value": "..."}`
  new RegExp(`${QUOTE}${NAME}${QUOTE}\\s{0,3},\\s{0,3}${QUOTE}(?:value|val|content)${QUOTE}\\s{0,3}[:=]\\s{0,3}`, 'gi'),
  // `<password>...</password>`
  new RegExp(`<${NAME}(?:\\s[^<>]{0,200})?>(?!<)`, 'g'),
];
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** In a line of text, the values that a secret's name stands before. */
export function namedSecrets(text: string): readonly SecretSpan[] {
  return NAMED.flatMap((pattern) => {
    const found: SecretSpan[] = [];
    let to = 0;
    for (const { 0: head, 1: name = '', index } of text.matchAll(pattern)) {
      if (index < to || !isSecretName(name)) continue;
      const from = index + head.length;
      to = head.startsWith('<') ? endOfElement(text, from) : endOfValue(text, from, name);
      if (to > from) found.push({ from, to, as: '[redacted]' });
    }
    return found;
  });
}

function endOfElement(text: string, from: number): number {
  const end = text.indexOf('<', from);
  return end < 0 ? text.length : end;
}

function endOfValue(text: string, from: number, name: string): number {
  const [quote] = /^\\{0,4}["'`]/.exec(text.slice(from, from + 5)) ?? [];
  if (quote !== undefined) return endOfQuoted(text, from + quote.length, quote);
  const closing = CLOSING[text[from] ?? ''];
  if (closing !== undefined) return endOfGroup(text, from, closing);
  // A head field goes on over spaces: `Authorization: Digest username=...`, `Cookie: a=b; c=d`.
  const end = /auth|cookie/i.test(name) ? /[\n"'}]/g : /[\s,;&"'})\]]/g;
  end.lastIndex = from;
  return end.exec(text)?.index ?? text.length;
}

/** Behind the same quote with as many backslashes: `\"a\"` within a text that is quoted itself. */
function endOfQuoted(text: string, from: number, quote: string): number {
  const mark = quote.at(-1);
  let slashes = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === mark && slashes === quote.length - 1) return at + 1;
    slashes = text[at] === '\\' ? slashes + 1 : 0;
  }
  return text.length;
}

/** Brackets within quotes do not count. */
function endOfGroup(text: string, from: number, closing: string): number {
  const opening = text[from];
  let depth = 0;
  let slashes = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"' || char === "'") at = endOfQuoted(text, at + 1, text.slice(at - slashes, at + 1)) - 1;
    else if (char === opening) depth += 1;
    else if (char === closing) depth -= 1;
    if (depth === 0) return at + 1;
    slashes = char === '\\' ? slashes + 1 : 0;
  }
  return text.length;
}
