import { resolve } from 'node:path';
import type { DocumentFault, Path } from '../../policy/fault.ts';
import { isStorable, UNSTORABLE } from '../../policy/storable.ts';
import { errorCode } from '../../problem/error-code.ts';
import { readFailure } from '../../problem/read-failure.ts';
import { readRegularFile } from '../../problem/regular-file.ts';
import { isReferencePlace } from './reference-places.ts';

/** Where the values come from that serin.yaml leaves to its surroundings. */
export interface ValueSources {
  readonly env: NodeJS.ProcessEnv;
  /** Where the paths of files begin. */
  readonly folder: string;
}

/** The file as plain data, with what was given in the place of each reference; a faulty one stays as it was written. */
export interface FilledIn {
  readonly value: unknown;
  readonly faults: readonly DocumentFault[];
}

type Given = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

const FILE = 'file:';
const MOST_FILE_BYTES = 65_536;
/** The escape, a variable with or without a default, or an opening brace that begins neither. */
const REFERENCE = /\$\$\{|\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Puts the values of the environment and of files in the place of `${NAME}`, `${NAME:-default}` and `file:PATH`, in every text but
 * those that name a secret. What was put in is text, and is not looked at again.
 */
export function fillIn(written: unknown, surroundings: ValueSources): FilledIn {
  const faults: DocumentFault[] = [];
  const fill = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown, at) => fill(item, [...path, at]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]));
    }
    if (typeof value !== 'string' || !mayRefer(value) || isReferencePlace(path)) return value;
    const given = givenFor(value, surroundings);
    if (given.ok && isStorable(given.text)) return given.text;
    const message = given.ok ? `what ${value} stands for ${UNSTORABLE}` : given.reason;
    faults.push({ path, message, at: 'value' });
    return value;
  };
  return { value: fill(written, []), faults };
}

/** Whether a text has a reference in it, or what looks like one. */
export function mayRefer(text: string): boolean {
  return text.includes('${') || text.startsWith(FILE);
}

function givenFor(text: string, { env, folder }: ValueSources): Given {
  if (text.startsWith(FILE)) {
    if (text.includes('\0')) return { ok: false, reason: 'the path of a file must not contain NUL' };
    return contentOf(resolve(folder, text.slice(FILE.length)));
  }
  const reasons: string[] = [];
  const filled = text.replaceAll(
    REFERENCE,
    (whole: string, name: string | undefined, otherwise: string | undefined) => {
      if (whole === '$${') return '${';
      if (name === undefined) {
        reasons.push('a variable is written ${NAME} or ${NAME:-default}, in capitals; for the text itself write $${');
        return '';
      }
      const value = env[name] ?? '';
      if (value !== '') return value;
      if (otherwise === undefined) {
        const why = env[name] === undefined ? 'not set' : 'empty';
        reasons.push(`the variable ${name} is ${why}: set it, or write what counts without it: \${${name}:-default}`);
      }
      return otherwise ?? '';
    },
  );
  const [reason] = reasons;
  return reason === undefined ? { ok: true, text: filled } : { ok: false, reason };
}

function contentOf(file: string): Given {
  try {
    const bytes = readRegularFile(file, MOST_FILE_BYTES);
    if (bytes.length > MOST_FILE_BYTES) return { ok: false, reason: `${file} is larger than 64 KiB` };
    const text = bytes.toString().trim();
    return text === '' ? { ok: false, reason: `${file} is empty` } : { ok: true, text };
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return { ok: false, reason: readFailure(file, error) };
  }
}
