import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspect, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage } from '../support/browser-stage.ts';
import { HARMFUL } from '../support/cast.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const inChromium = serviceOrSkip('chromium', await browserBinary());

inChromium('the report of a rollout, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([openBrowserStage({ routes: ['shop', 'cart'] }), openBrowser(binary)]);
  });
  afterAll(() => Promise.all([stage.close(), browser.close()]));

  it('says how it ended, prints on two pages, and does not change any more', async () => {
    stage.traffic('shop');
    const { id } = await stage.start('shop', 'v2');
    await stage.pass('shop');
    await stage.until(id, ({ stage }) => stage === 'step-1');
    stage.behave('shop', HARMFUL);
    await stage.until(id, ({ stage }) => stage === 'rolled-back');
    const page = await browser.open(`${stage.url}/ui/rollouts/${id}/report`);
    await signIn(page, stage.token);
    await page.getByRole('heading', { level: 1, name: 'shop v2 was rolled back' }).waitFor();
    await page.getByText('This report does not change any more').waitFor();
    await page.getByRole('img', { name: 'Ended at' }).waitFor();
    const told = await words(page);
    expect(told).toContain('Checks at the decision');
    expect(told).toMatch(/On \d+ \w+ \d{4} at [\d:]{8} UTC Serin rolled shop back from v2 to v1/);
    expect(pagesOf(await page.pdf({ format: 'A4' }))).toBeLessThanOrEqual(2);
    expect(await inspect(page, 'report')).toEqual([]);
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await words(page)).toBe(told);

    await page.getByRole('slider', { name: 'Time in the drawing' }).press('End');
    await page.getByText('rolled back', { exact: true }).first().waitFor();
    await page.getByText('The same as a table').click();
    const lastRow = page.getByRole('region', { name: 'Figures by time' }).getByRole('row').nth(1);
    await lastRow.getByText('rolled back').waitFor();
    expect(violations(page)).toEqual([]);
  });

  it('of a rollout that runs says that it is not final, and where nothing is known', async () => {
    const { id } = await stage.start('cart', 'v2');
    const page = await browser.open(`${stage.url}/ui/rollouts/${id}/report`);
    await signIn(page, stage.token);
    await page.getByText('Not final.').waitFor();
    expect(await words(page)).not.toContain('does not change any more');
    expect(violations(page)).toEqual([]);
  });
});

const words = (page: Page) => page.getByRole('article').innerText();

/** How many pages a PDF of Chromium has: each has an object of its own. */
const pagesOf = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
