import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('../support/half-heap-threads.ts', import.meta.url));

it('nothing that others send fills the heap of a thread that reads it, which would end the process', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD]);
  const [objects, names, nested, batch, records, document, larger] = JSON.parse(stdout);
  for (const body of [objects, names, nested]) expect(body).toContain('"kind":"compare"');
  expect(batch).toContain('"kind":"read","totals":[]');
  expect(records).toContain('"outcome":"counted","track":"canary","lines":2}');
  expect(document).toContain('"ok":true');
  expect(larger).toContain('has more than 250000 values');
});
