import { Problem } from '../problem/problem.ts';

/** The expected form of an answer: any schema of the API's views. */
export interface Shape<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: ShapeError };
}

interface ShapeError {
  readonly issues: readonly {
    readonly code?: string;
    readonly path: readonly PropertyKey[];
    readonly message: string;
  }[];
}

/** A complete answer. `json` is undefined if the body is not JSON. */
export interface ApiAnswer {
  readonly status: number;
  /** Without parameters; empty if it is missing. */
  readonly type: string;
  readonly location: string | null;
  /** Where the next page of a list is, if there is one (RFC 8288). */
  readonly next: string | null;
  readonly isEmpty: boolean;
  readonly json: unknown;
}

/** Reads an answer to its end. Throws what `fetch` throws when it breaks off, and Problem when it does not seem to end. */
export async function readAnswer(response: Response, mostBytes: number, from: string): Promise<ApiAnswer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > mostBytes) {
      throw new Problem('internal', `the answer to ${from} is larger than ${mostBytes / 1024} KiB`);
    }
    chunks.push(chunk);
  }
  return {
    status: response.status,
    type: (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    location: response.headers.get('location'),
    next: /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? null,
    isEmpty: length === 0,
    json: parsed(Buffer.concat(chunks).toString('utf8')),
  };
}

/** `200 text/html`, `204 without a body`. */
export function describeAnswer({ status, type, isEmpty, json }: ApiAnswer): string {
  if (isEmpty) return `${status} without a body`;
  const broken = /[/+]json$/.test(type) && json === undefined ? ' that is not JSON' : '';
  return `${status} ${type || 'of no content type'}${broken}`;
}

/** A newer server may send more than this command line knows: only missing or different values are faults. */
export function readAs<T>(shape: Shape<T>, json: unknown): { readonly value: T } | { readonly fault: string } {
  const read = shape.safeParse(json);
  if (read.success) return { value: read.data };
  const fault = read.error.issues.find(({ code }) => code !== 'unrecognized_keys');
  if (!fault) return { value: json as T };
  const path = fault.path.map(String).join('.');
  return { fault: path === '' ? fault.message : `${path}: ${fault.message}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
