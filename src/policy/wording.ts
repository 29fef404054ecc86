import type { z } from 'zod';
import { suggest } from './suggest.ts';

export const MISSING = 'is missing';
export const ANOTHER_FORM = 'must have another form';
export const DID_YOU_MEAN = ', did you mean ';

/** The sentence for an issue, without its subject; a message from the schema takes precedence. */
export function issueSentence(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return MISSING;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === null
        ? `is empty: it must be ${nounOf(issue.expected)}`
        : `must be ${nounOf(issue.expected)}`;
    case 'invalid_value':
      return oneOf(issue.values.map(String), issue.input);
    case 'unrecognized_keys':
      return 'has unknown keys';
    case 'invalid_union':
      return sayDiscriminator(issue) ?? ANOTHER_FORM;
    case 'too_small':
      return boundOf(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return boundOf(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `must be a valid ${issue.format}`;
    case 'invalid_key':
      return 'has an invalid key';
    case 'invalid_element':
      return 'has an invalid element';
    default:
      return ANOTHER_FORM;
  }
}

/** A union told apart by one key names the values that this key may have. */
function sayDiscriminator(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string | null {
  if (typeof issue.discriminator !== 'string' || !('options' in issue) || !Array.isArray(issue.options)) return null;
  const given: unknown = Object(issue.input)[issue.discriminator];
  return given === undefined ? MISSING : oneOf(issue.options.map(String), given);
}

function oneOf(values: readonly string[], given: unknown): string {
  const meant = typeof given === 'string' && values.length > 1 ? suggest(given, values) : null;
  return `must be ${listOf(values)}${didYouMean(meant)}`;
}

export function didYouMean(meant: string | null): string {
  return meant === null ? '' : `${DID_YOU_MEAN}${meant}?`;
}

function listOf(values: readonly string[]): string {
  return values.length < 2 ? values.join() : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

function boundOf(origin: string, comparison: string, limit: number | bigint): string {
  switch (origin) {
    case 'array':
    case 'set':
      return `must have ${comparison} ${limit} ${limit === 1 ? 'item' : 'items'}`;
    case 'string':
      return `must have ${comparison} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
    default:
      return `must be ${comparison} ${limit}`;
  }
}

function nounOf(expected: string): string {
  switch (expected) {
    case 'string':
      return 'a text';
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
    case 'set':
      return 'a list';
    case 'object':
    case 'record':
    case 'map':
      return 'a mapping of keys to values';
    default:
      return `a value of type ${expected}`;
  }
}
