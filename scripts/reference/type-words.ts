import { z } from 'zod';
import { cidr, listenAddress, upstreamPlace } from '../../src/config/declared-address.ts';
import { secret, serviceUrl } from '../../src/config/declared-values.ts';
import { duration, fraction, points, weight } from '../../src/policy/units.ts';
import type { JsonSchema } from './json-schema.ts';
import { code } from './table.ts';

/** What a text is called whose form the schema bounds; recognised by its pattern. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['^file:.+$', '`file:PATH`'],
  ...(
    [
      [duration, 'duration'],
      [fraction, 'percentage'],
      [points, 'points'],
      [weight, 'share'],
      [secret, 'secret'],
      [serviceUrl, 'URL'],
      [cidr, 'network'],
      [upstreamPlace, 'network or host'],
      [listenAddress, 'address:port'],
    ] as const
  ).flatMap(([schema, word]) => {
    const pattern: unknown = z.toJSONSchema(schema, { io: 'input' })['pattern'];
    return typeof pattern === 'string' ? [[pattern, word] as const] : [];
  }),
]);

/** The type of a field in a few words. */
export function typeOf(schema: JsonSchema): string {
  const forms = schema.properties ? undefined : (schema.anyOf ?? schema.oneOf);
  if (forms) return [...new Set(forms.map(typeOf))].join(' or ');
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ');
  switch (schema.type) {
    case 'string':
      return WORDS.get(schema.pattern ?? '') ?? 'text';
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number':
      return numberWords(schema);
    case 'null':
      return '`null`';
    case 'array':
      return `list of ${plural(typeOf(schema.items ?? {}))}`;
    case 'object':
      return schema.properties ? 'mapping' : `mapping of names to ${plural(typeOf(schema.additionalProperties || {}))}`;
    default:
      throw new Error(`no words for the type of ${JSON.stringify(schema)}`);
  }
}

function plural(words: string): string {
  return words.replaceAll(/\b(text|network|host|mapping|integer)\b/g, '$1s');
}

function numberWords({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const word = type === 'integer' ? 'integer' : 'number';
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? `from ${figure(minimum)}` : null;
  const above = exclusiveMinimum === undefined ? low : `above ${figure(exclusiveMinimum)}`;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `to ${figure(maximum)}` : null;
  const below = exclusiveMaximum === undefined ? high : (high ?? `below ${figure(exclusiveMaximum)}`);
  return [word, above, below].filter((part) => part !== null).join(' ');
}

function figure(value: number): string {
  return value.toLocaleString('en');
}
