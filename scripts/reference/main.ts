import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PAGES } from './pages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

for (const [path, write] of Object.entries(PAGES)) {
  const file = `${root}${path}`;
  const now = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const then = await write(now);
  if (then !== now) writeFileSync(file, then);
  console.log(`${then === now ? 'current' : 'wrote  '} ${path}`);
}
