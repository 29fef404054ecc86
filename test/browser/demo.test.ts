import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { openBrowser, signIn, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { inTime } from '../support/in-time.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const MAIN = resolve(import.meta.dirname, '../../src/demo/main.ts');
const STARTS_MS = 60_000;

const inChromium = serviceOrSkip('chromium', await browserBinary());

inChromium('the demonstration, in Chromium', (binary) => {
  it('prints where its dashboard is and a token that opens it, and the first act is seen there', async () => {
    const child = spawn(process.execPath, [MAIN, '--once'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [url, token] = await inTime('the address of the dashboard', STARTS_MS, printed(child.stdout));
    const browser = await openBrowser(binary);
    onTestFinished(() => browser.close());

    const page = await browser.open(url);
    await signIn(page, token);
    await page.getByRole('row', { name: /shop/ }).filter({ hasText: 'v1 → v2' }).getByRole('link').first().click();
    await page.getByRole('heading', { name: /shop/ }).waitFor();
    await page.locator('.ladder [aria-current]').filter({ hasText: '10' }).waitFor();
    expect(violations(page)).toEqual([]);

    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});

/** The line with the address and the token. */
async function printed(stdout: NodeJS.ReadableStream): Promise<readonly [url: string, token: string]> {
  for await (const line of createInterface(stdout)) {
    const [, url, token] = /^watch it in a browser: {2}(\S+) {3}token (\S+)$/.exec(line) ?? [];
    if (url !== undefined && token !== undefined) return [url, token];
  }
  throw new Error('the demonstration ended without it');
}
