import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axe, inPage, inspect, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage } from '../support/browser-stage.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const inChromium = serviceOrSkip('chromium', await browserBinary());

inChromium('signing in, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([openBrowserStage({ routes: ['shop', 'cart'] }), openBrowser(binary)]);
  });
  afterAll(() => Promise.all([stage.close(), browser.close()]));

  it('says why a wrong token is not taken, opens with the right one, keeps it nowhere, and ends', async () => {
    const page = await browser.open(`${stage.url}/ui/`);
    expect(await inspect(page, 'sign-in')).toEqual([]);
    await page.getByLabel('Token').fill(swapped(stage.token));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Not signed in').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/^Not signed in: .*token/);

    await signIn(page, stage.token);
    await page.getByRole('row', { name: 'shop' }).waitFor();
    expect(await inspect(page, 'routes-quiet')).toEqual([]);
    expect(await whereTheTokenIs(page, stage.token)).toEqual([]);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    expect(await page.getByRole('row').count()).toBe(0);
    await page.reload();
    await page.getByLabel('Token').waitFor();
    expect(violations(page)).toEqual([]);
  });

  it('would be told of a breach of the policy, an error, another host, and what axe finds', async () => {
    const page = await browser.open(`${stage.url}/ui/`);
    await page.getByLabel('Token').waitFor();
    const attempts = [
      `document.body.innerHTML = '<b>markup</b>'`,
      `document.body.setAttribute('style', 'color: red')`,
      `document.body.append(Object.assign(new Image(), { src: 'http://serin.invalid/' }))`,
      `setTimeout(() => { throw new Error('broken') })`,
      `console.error('said')`,
    ];
    for (const attempt of attempts) await inPage(page, `void (() => { ${attempt} })()`).catch(() => undefined);
    const told = [/require-trusted-types-for/, /style-src/, /img-src/, /error: .*broken/s, /console: said/];
    await expect.poll(() => told.filter((one) => !violations(page).some((line) => one.test(line)))).toEqual([]);
    expect(await axe(page)).toEqual([expect.stringMatching(/^image-alt: /)]);
  });
});

/** A token of the right form that nobody has. */
const swapped = (token: string) => [...token.slice(0, -8), ...[...token.slice(-8)].reverse()].join('');

/** Places that outlive the page or leave the machine, in which the token is. */
async function whereTheTokenIs(page: Page, token: string): Promise<readonly string[]> {
  const places = await inPage<Record<string, string>>(
    page,
    `({ local: JSON.stringify(localStorage), session: JSON.stringify(sessionStorage), history: JSON.stringify(history.state),
        address: location.href, page: document.documentElement.outerHTML, cookies: document.cookie })`,
  );
  const cookies = await page.context().cookies();
  const all = { ...places, hidden: JSON.stringify(cookies) };
  return Object.entries(all).flatMap(([place, text]) => (text.includes(token) ? [place] : []));
}
