import { readFile } from 'node:fs/promises';
import { readPolicy } from '../policy/read.ts';
import type { Policy } from '../policy/schema.ts';
import { Problem } from '../problem/problem.ts';
import { readFailure } from '../problem/read-failure.ts';

/** A valid policy, or a `Problem` with every issue. */
export async function loadPolicy(file: string): Promise<Policy> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new Problem('invalid-input', readFailure(file, cause), { cause });
  }
  const reading = readPolicy(text, file);
  if (!reading.ok) throw new Problem('invalid-input', `${file} is no valid policy`, { issues: reading.issues });
  return reading.policy;
}
