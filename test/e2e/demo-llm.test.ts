import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const MAIN = resolve(import.meta.dirname, '../../src/demo/main.ts');
const LIMIT_MS = 200_000;

it(
  'the demonstration with a model rolls back a late first token, promotes what is as good, prints a token that opens its dashboard, and ends well',
  async () => {
    const child = spawn(process.execPath, [MAIN, '--llm', '--once'], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let said = '';
    for (const output of [child.stdout, child.stderr]) {
      output.on('data', (chunk) => {
        said += String(chunk);
      });
    }
    const ended = once(child, 'close');
    await expect.poll(() => dashboardIn(said), { timeout: LIMIT_MS }).not.toBeNull();
    const { url, token } = dashboardIn(said) ?? { url: '', token: '' };
    const page = await fetch(url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>Serin</title>')]);
    const session = await fetch(new URL('/api/v1/session', url), {
      method: 'POST',
      headers: { origin: new URL(url).origin, 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    expect(session.status).toBe(204);
    const [code] = await ended;
    expect([code, said]).toEqual([0, expect.any(String)]);
    const [, first = '', second = ''] = said.split(/^Act \d: /m);
    expect(first).toMatch(/^✓ v2 rolled-back after /m);
    expect(first).toMatch(/ {2}why: canary time to the first event .* ms against .* ms \(margin /);
    expect(first).toMatch(/ pager: .* PAGE error chat protected: v2 rolled back /);
    expect(second).toMatch(/^✓ v3 finalised after /m);
    expect(second).toMatch(/ {2}why: .*tokens p50 within .*time to the first event p50 within /);
  },
  LIMIT_MS + 10_000,
);

/** Where the demonstration says that its dashboard is, and the token for it; null before it has. */
function dashboardIn(said: string): { readonly url: string; readonly token: string } | null {
  const [, url, token] = /^watch it in a browser: {2}(\S+) {3}token (\S+)$/m.exec(said) ?? [];
  return url === undefined || token === undefined ? null : { url, token };
}
