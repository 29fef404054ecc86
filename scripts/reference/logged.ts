/** One event of the log, as the code writes it: all that its calls have. */
export interface Logged {
  readonly what: string;
  readonly levels: readonly string[];
  /** Its fields beside `level`, `time` and `msg`. */
  readonly fields: readonly string[];
}

/** The name of an event that the code has in a variable: those of the rollout. */
export const OF_THE_ROLLOUT = 'event.kind';

/** Every event that calls of `log({ what: ... })` write, by the texts of the sources. */
export function loggedIn(texts: Iterable<string>): readonly Logged[] {
  const found = new Map<string, { levels: Set<string>; fields: Set<string> }>();
  for (const text of texts) {
    for (const { index } of text.matchAll(/\{\s*what: (?:'|event\.kind)/g)) {
      const entries = entriesOf(text, index);
      const what = (entries.get('what') ?? '').replaceAll("'", '');
      const event = found.get(what) ?? { levels: new Set<string>(), fields: new Set<string>() };
      found.set(what, event);
      event.levels.add((entries.get('level') ?? "'info'").replaceAll("'", ''));
      for (const key of entries.keys()) if (key !== 'what' && key !== 'level') event.fields.add(key);
    }
  }
  return [...found]
    .map(([what, { levels, fields }]) => ({ what, levels: [...levels].sort(), fields: [...fields] }))
    .toSorted((one, other) => (one.what < other.what ? -1 : 1));
}

/** The keys of the object literal that begins at `start`, those of spread objects among them, with the text of each value. */
function entriesOf(text: string, start: number): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const part of partsOf(text, start)) {
    const spread = /^\.\.\.(\w+)$/.exec(part)?.[1];
    const literal =
      spread === undefined ? null : new RegExp(`const ${spread} = [^;]*?(\\{)[^{}]*\\S[^{}]*\\}`).exec(text);
    if (literal)
      for (const [key, value] of entriesOf(text, literal.index + literal[0].indexOf('{'))) entries.set(key, value);
    else if (part.startsWith('...(')) {
      for (const { index } of part.matchAll(/\{/g))
        for (const [key, value] of entriesOf(part, index)) entries.set(key, value);
    } else {
      const [, key = '', value = ''] = /^(\w+)(?::\s*([\s\S]*))?$/.exec(part) ?? [];
      if (key === '') throw new Error(`a field of a log event that cannot be read: ${part}`);
      entries.set(key, value);
    }
  }
  return entries;
}

/** The texts between the commas of a literal. */
function partsOf(text: string, start: number): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = start + 1;
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (/['"`]/.test(character)) quote = character;
    else if (/[{([]/.test(character)) depth++;
    else if (/[})\]]/.test(character)) depth--;
    const ends = depth === 0;
    if (!ends && !(depth === 1 && quote === '' && character === ',')) continue;
    const part = text.slice(from, at).trim();
    if (part !== '') parts.push(part);
    from = at + 1;
    if (ends) break;
  }
  return parts;
}
