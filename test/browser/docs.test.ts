import { afterAll, beforeAll, expect, it } from 'vitest';
import { inPage, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage } from '../support/browser-stage.ts';
import { serviceOrSkip } from '../support/require-service.ts';

serviceOrSkip('chromium', await browserBinary())('the docs page, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([openBrowserStage({ routes: ['shop'] }), openBrowser(binary)]);
  });
  afterAll(() => Promise.all([stage.close(), browser.close()]));

  it('has every operation, tries none, and asks this process alone', async () => {
    const { paths } = (await (await fetch(`${stage.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const count = Object.values(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0);
    const page = await browser.open(`${stage.url}/docs`);
    await expect.poll(() => page.locator('.opblock').count(), { timeout: 30_000 }).toBe(count);
    await page.getByText('Start a rollout', { exact: true }).click();
    await page.getByText('Idempotency-Key').first().waitFor();
    expect(await page.getByRole('button', { name: /try it out|execute|authoriz/i }).count()).toBe(0);
    expect(violations(page)).toEqual([]);
  });

  it('has an origin of its own: whoever is signed in is not signed in there', async () => {
    const page = await browser.open(`${stage.url}/ui/`);
    await signIn(page, stage.token);
    await page.goto(`${stage.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    const tried = (what: string) =>
      inPage<string>(page, `(async () => { try { return String(${what}) } catch (error) { return error.name } })()`);
    expect(await tried('origin')).toBe('null');
    expect(await tried('document.cookie')).toBe('SecurityError');
    expect(await tried('localStorage.length')).toBe('SecurityError');
    expect(await tried(`(await fetch('${stage.url}/api/v1/me', { credentials: 'include' })).status`)).toBe('TypeError');
  });
});
