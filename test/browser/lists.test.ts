import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inPage, inspect, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage } from '../support/browser-stage.ts';
import { HEALTHY } from '../support/cast.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const inChromium = serviceOrSkip('chromium', await browserBinary());

inChromium('the lists, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([
      openBrowserStage({ routes: ['cart', 'shop', 'idle'], policyOf: { cart: 'slow' } }),
      openBrowser(binary),
    ]);
    // Every forced request fails, so that the canary is back in a second.
    const broken = { ...HEALTHY, errorRate: 1 };
    for (const route of ['cart', 'shop']) stage.traffic(route, 10);
    const [, { id }] = await Promise.all([
      stage.start('cart', 'v2').then(() => stage.pass('cart')),
      stage.start('shop', 'v3', broken),
    ]);
    await stage.caller.put('/api/v1/routes/shop/consumers/globex', { rule: 'stable', key: 'a-key', reason: 'a test' });
    await stage.pass('shop');
    await stage.until(id, ({ stage: at }) => at === 'rolled-back');
    page = await browser.open(`${stage.url}/ui/`);
    await signIn(page, stage.token);
  });
  afterAll(() => Promise.all([stage.close(), browser.close()]));

  const focused = () => inPage<string>(page, 'document.activeElement.textContent');

  it('of routes are grouped by who is needed, with the keys of the page', async () => {
    await page.goto(`${stage.url}/ui/`);
    await page.getByRole('row', { name: /cart.*waits for gate owner/ }).waitFor();
    await page.getByRole('row', { name: /shop.*v3 rolled back/ }).waitFor();
    await expect.poll(() => page.title()).toBe('(1) Routes · Serin');
    const groups = await page.getByRole('rowheader').allTextContents();
    expect(groups.map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
      'Needs somebody 1',
      expect.stringContaining('cart'),
      'Last rollout ended in the last day 1',
      expect.stringContaining('shop'),
      'Quiet 1',
      expect.stringContaining('idle'),
    ]);
    expect(await inspect(page, 'routes')).toEqual([]);

    await page.keyboard.press('j');
    await page.keyboard.press('j');
    expect(await focused()).toBe('shop');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys of this page' }).getByText('write a filter').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('quiet');
    await expect.poll(() => page.getByRole('row', { name: /cart|shop/ }).count()).toBe(0);
    expect(page.url()).toContain('q=quiet');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'idle serves v1 to everybody' }).waitFor();
    await page.getByText('serin start idle --canary').waitFor();
  });

  it('of rollouts say how far each got, and lead to its report and its route', async () => {
    await page.goto(`${stage.url}/ui/audit`);
    await page.getByRole('button', { name: 'Keys' }).waitFor();
    await page.keyboard.press('h');
    const row = page.getByRole('row', { name: /shop.*Rolled back/ });
    await row.getByRole('cell', { name: /^\d+\s[sm]/ }).waitFor();
    expect(await row.getByRole('link', { name: 'report of v3' }).getAttribute('href')).toMatch(
      /\/ui\/rollouts\/.*\/report$/,
    );
    await page.getByLabel('Route').selectOption('idle');
    await page.getByText('No rollout has been started on idle.').waitFor();

    await page.goto(`${stage.url}/ui/routes/shop`);
    await page.getByRole('row', { name: /v1 → v3/ }).waitFor();
    await page.getByRole('row', { name: /globex always the stable/ }).waitFor();
    expect(await inspect(page, 'route')).toEqual([]);
  });

  it('of another Serin that cannot be drawn say so, and leave nothing of themselves above the next page', async () => {
    await page.route(/api\/v1\/rollouts\?/, async (route) => {
      await route.fulfill({ response: await route.fetch(), json: [{ id: 'x', stages: null }] });
    });
    await page.goto(`${stage.url}/ui/audit`);
    await page.getByRole('row', { name: /stage: .* → rolled-back/ }).waitFor();
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('alert').getByText('This page cannot be drawn.').waitFor();
    expect(await inPage<number>(page, 'document.querySelector("main").children.length')).toBe(1);
    await page.unroute(/api\/v1\/rollouts\?/);
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('row', { name: /shop.*Rolled back/ }).waitFor();
  });

  it('of changes tell what was there before, and verify their hashes', async () => {
    await page.goto(`${stage.url}/ui/routes/shop`);
    await page.getByRole('link', { name: 'Everything that was changed on this route' }).click();
    await page.getByRole('row', { name: /Consumer listed: globex.*rule: stable/ }).waitFor();
    await page.getByRole('row', { name: /stage: .* → rolled-back/ }).waitFor();
    await page.getByRole('button', { name: 'Verify the hashes' }).click();
    await page
      .getByRole('status')
      .getByText(/^Every hash holds: \d+ entries/)
      .waitFor();
    expect(await inspect(page, 'audit')).toEqual([]);
    expect(violations(page)).toEqual([]);
  });
});
