import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inPage, inspect, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage } from '../support/browser-stage.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { isShort } from '../support/short.ts';

const inChromium = serviceOrSkip('chromium', await browserBinary());

/** An hour; in the short form the first quarter of it. */
const PARTS = isShort ? 3 : 12;
const PART_MS = 300_000;
/** What the page waits for a sign of the server. */
const SILENCE_MS = 20_000;

/** One story after the other: the server is away in one of them. */
inChromium('a page that stays open, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;
  let id: string;

  beforeAll(async () => {
    const wanted = { routes: ['shop'], policyOf: { shop: 'slow' } };
    [stage, browser] = await Promise.all([openBrowserStage(wanted), openBrowser(binary)]);
    stage.traffic('shop', 40);
    ({ id } = await stage.start('shop', 'v2'));
  });
  afterAll(() => Promise.all([stage.close(), browser.close()]));

  const open = async (token: string): Promise<Page> => {
    const page = await browser.open(`${stage.url}/ui/rollouts/${id}`);
    // A timer that was set before cannot be cleared any more: by now the page has asked who is there.
    await page.getByLabel('Token').waitFor();
    await page.clock.install();
    await signIn(page, token);
    await page.getByText('live', { exact: true }).waitFor();
    return page;
  };

  it('says that it is not live when the server is gone, goes on when it is back, and loses nothing that happens then', async () => {
    const page = await open(stage.token);
    await page.getByRole('heading', { name: /shop/ }).waitFor();
    const bar = page.getByRole('status').filter({ hasText: 'Not live since' });
    await stage.kill();
    try {
      await page.clock.fastForward(SILENCE_MS + 1_000);
      await bar.waitFor();
      expect(await page.locator('main.is-stale').count()).toBe(1);
      expect(await page.getByRole('heading', { name: /shop/ }).isVisible()).toBe(true);
      expect(await inspect(page, 'rollout-not-live')).toEqual([]);
    } finally {
      await stage.restart();
    }
    // Unless it has come back by itself.
    const now = page.getByRole('button', { name: 'Try now' }).click({ timeout: 2_000 });
    await now.catch(() => undefined);
    await page.getByText('live', { exact: true }).waitFor();
    expect(await page.locator('main.is-stale').count()).toBe(0);
    expect(await bar.count()).toBe(0);

    await stage.post(`/api/v1/rollouts/${id}/gates/owner`, { reason: 'seen' });
    await page.getByText('seen', { exact: false }).first().waitFor();
    expect(violations(page)).toEqual([]);
  });

  it('says at once that it is not live after an hour asleep, and catches up with what happened then', async () => {
    const page = await open(stage.token);
    await page.getByRole('heading', { name: /shop/ }).waitFor();
    await page.context().setOffline(true);
    // Chromium keeps a stream that is open when it goes offline: only its server ends it.
    await stage.kill();
    await stage.restart();
    await stage.post(`/api/v1/rollouts/${id}/pause`, { reason: 'done while it slept' });
    await page.clock.fastForward(3_600_000);
    await page.getByText('Not live since').waitFor({ timeout: 5_000 });
    await page.context().setOffline(false);
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByText('done while it slept').first().waitFor();
    expect(await page.getByText('Not live since').count()).toBe(0);
    expect(violations(page)).toEqual([]);
  });

  it('asks to sign in again when its token is revoked, above what was being read', async () => {
    const { id: tokenId, token } = await stage.newToken('viewer');
    const page = await open(token);
    await page.getByRole('heading', { name: /shop/ }).waitFor();
    await stage.revoke(tokenId);
    await page.getByLabel('Token').waitFor();
    expect(await page.locator('main.is-stale').count()).toBe(1);
    await page.getByLabel('Token').fill(stage.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('local admin', { exact: false }).first().waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/ui/rollouts/${id}`);
    expect(violations(page)).toEqual([]);
  });

  it('keeps nothing of an hour in which it hears nothing for twenty seconds again and again', async () => {
    const page = await open(stage.token);
    await page.getByRole('heading', { name: /shop/ }).waitFor();
    // The first minutes fill what is kept for good, such as texts of times.
    await runFor(page, PART_MS);
    const before = await sizeOf(page);
    for (let part = 0; part < PARTS; part += 1) await runFor(page, PART_MS);
    const after = await sizeOf(page);
    console.log(`An hour later: ${JSON.stringify(before)} became ${JSON.stringify(after)}.`);
    expect(after.listeners).toBeLessThanOrEqual(before.listeners * 1.1 + 20);
    expect(after.nodes).toBeLessThanOrEqual(before.nodes * 1.2 + 500);
    expect(after.heapBytes).toBeLessThan(before.heapBytes + 3_000_000);
    expect(violations(page)).toEqual([]);
  });
});

/** In no time; then the server may finish what was asked of it meanwhile, which waits for the same database as this question. */
async function runFor(page: Page, ms: number): Promise<void> {
  await page.clock.runFor(ms);
  await inPage(page, `fetch('/api/v1/me').then(({ status }) => status)`);
}

interface PageSize {
  readonly nodes: number;
  readonly listeners: number;
  readonly heapBytes: number;
}

/** What the page holds when everything is gone that can go. */
async function sizeOf(page: Page): Promise<PageSize> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('HeapProfiler.enable');
  await debug.send('HeapProfiler.collectGarbage');
  const counted = await debug.send('Memory.getDOMCounters');
  const { usedSize } = await debug.send('Runtime.getHeapUsage');
  await debug.detach();
  return { nodes: counted.nodes, listeners: counted.jsEventListeners, heapBytes: usedSize };
}
