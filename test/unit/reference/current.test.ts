import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PAGES } from '../../../scripts/reference/pages.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the reference', () => {
  it.each(Object.entries(PAGES))('%s is as the code is (npm run reference writes it)', async (path, write) => {
    const now = existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`, 'utf8') : '';
    expect(now, `${path} is out of date: npm run reference`).toBe(await write(now));
  });
});
