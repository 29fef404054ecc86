import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inPage, inspect, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage } from '../support/browser-stage.ts';
import { HARMFUL } from '../support/cast.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const inChromium = serviceOrSkip('chromium', await browserBinary());

/** Two seconds are promised, and it takes less than one; but this machine may do six other things. Whatever asked only now and then would need 20. */
const SEEN_WITHIN_MS = 10_000;
const RUNGS = ['internal', '20\u00a0%', '50\u00a0%', 'bake', 'promoted'];

inChromium('a rollout that is watched, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([openBrowserStage({ routes: ['good', 'bad'] }), openBrowser(binary)]);
  });
  afterAll(() => Promise.all([stage.close(), browser.close()]));

  const open = async (path: string, look?: Parameters<TestBrowser['open']>[1]): Promise<Page> => {
    const page = await browser.open(`${stage.url}${path}`, look);
    await signIn(page, stage.token);
    return page;
  };

  it('goes up its ladder before two readers who do nothing, and both see the same', async () => {
    stage.traffic('good');
    const { id } = await stage.start('good', 'v2');
    const readers = await Promise.all([
      open(`/ui/rollouts/${id}`),
      open(`/ui/rollouts/${id}`, { width: 390, scheme: 'dark' }),
    ]);
    await Promise.all(readers.map((page) => inPage(page, KEEP_RUNGS)));
    await stage.pass('good');
    await stage.until(id, ({ stage: at }) => at === 'finalised');
    for (const page of readers) {
      await page.locator('.verdict .lead').filter({ hasText: 'Finalised' }).waitFor();
      // Kept in the page itself, so it was never loaded again. What a busy machine read late it may have passed over.
      const rungs = await inPage<readonly string[]>(page, 'rungs');
      expect(rungs).toEqual(RUNGS.filter((rung) => rungs.includes(rung)));
      expect(rungs.length).toBeGreaterThanOrEqual(3);
    }
    const [one, other] = await Promise.all(
      readers.map((page) => page.getByRole('list', { name: 'Stages' }).innerText()),
    );
    expect(words(one)).toBe(words(other));
    expect(words(one)).not.toContain('not reached');
    const [desktop, phone] = readers;
    if (desktop !== undefined) expect(await inspect(desktop, 'rollout-promoted')).toEqual([]);
    expect([desktop, phone].map((page) => page && violations(page))).toEqual([[], []]);
  });

  it('is taken back, and its readers have the reason at once', async () => {
    stage.traffic('bad');
    const { id } = await stage.start('bad', 'v2', HARMFUL);
    const readers = await Promise.all([open(`/ui/rollouts/${id}`), open('/ui/')]);
    const seen = Promise.all(readers.map((page) => inPage<number>(page, SEES_HARM)));
    await stage.pass('bad');
    const { reason } = await stage.until(id, ({ stage: at }) => at === 'rolled-back');
    const decided = (await stage.caller.audit(id))?.find(({ event }) => event.kind === 'canaryJudgedHarmful');
    const lates = (await seen).map((at) => at - Date.parse(decided?.at ?? ''));
    console.log(`A rollback was on screen after ${lates.join(' and ')} ms.`);
    expect(Math.max(...lates)).toBeLessThan(SEEN_WITHIN_MS);

    const [rollout, routes] = readers;
    if (rollout === undefined || routes === undefined) throw new Error('two were opened');
    expect(words(await rollout.locator('.verdict').innerText())).toContain(words(reason));
    expect(await rollout.getByRole('listitem').filter({ hasText: 'rolled back here' }).count()).toBe(1);
    expect(await inspect(rollout, 'rollout-rolled-back')).toEqual([]);
    expect(await inspect(routes, 'routes')).toEqual([]);
    expect(readers.map(violations)).toEqual([[], []]);
  });
});

/** Text without what a phone breaks otherwise. */
const words = (text: string | undefined) => (text ?? '').replaceAll(/[\s\u00a0]+/g, ' ').trim();

/** Runs `look` in the page whenever something in it has changed. */
const ON_CHANGE = `const onChange = (look) => {
  const observer = new MutationObserver(() => look(observer));
  observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  look(observer);
};`;

const KEEP_RUNGS = `void (() => {
  ${ON_CHANGE}
  window.rungs = [];
  onChange(() => {
    const now = document.querySelector('.ladder [aria-current] b')?.textContent;
    if (now && rungs.at(-1) !== now) rungs.push(now);
  });
})()`;

/** When the verdict of the rollout, or the sign of its route, says that it was rolled back; by the clock of this machine. */
const SEES_HARM = `new Promise((done) => {
  ${ON_CHANGE}
  onChange((observer) => {
    const verdict = document.querySelector('.verdict .lead')?.textContent ?? '';
    if (!verdict.startsWith('Rolled back') && !document.querySelector('.route svg[aria-label="rolled back"]')) return;
    observer.disconnect();
    done(Date.now());
  });
})`;
