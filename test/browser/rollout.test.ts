import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import { inPage, inspect, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage } from '../support/browser-stage.ts';
import { serviceOrSkip } from '../support/require-service.ts';
import { httpUpstream, type TestUpstream } from '../support/upstream.ts';

const inChromium = serviceOrSkip('chromium', await browserBinary());

const SHAPES = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: shapes }
spec:
  internal: { requests: 20 }
  steps: [{ weight: 20%, dwell: 1h }]
  checks: { responseShape: { breaking: hold, sample: 100% } }
  judge: { block: 1s, warmUp: 0s }
`;

/** Turns what follows around, colours a terminal, is markup, and has no place to break. */
const HOSTILE = `\u202e<img src=x onerror="document.title='taken'">\u001b[31m${'\u05d0x'.repeat(150)}`;
const REASON = 'x'.repeat(300);

inChromium('a rollout whose canary answers what it likes, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;
  let canary: TestUpstream;

  beforeAll(async () => {
    const options = { routes: ['shop'], policyOf: { shop: 'shapes' }, policies: { 'shapes.yaml': SHAPES } };
    [stage, browser, canary] = await Promise.all([
      openBrowserStage(options),
      openBrowser(binary),
      httpUpstream((_, outgoing) => {
        outgoing.setHeader('content-type', 'application/json').end(JSON.stringify({ version: 'v2', path: [HOSTILE] }));
      }),
    ]);
  });
  afterAll(() => Promise.all([stage.close(), browser.close(), canary.close()]));

  it('is held in its internal phase, with examples that do nothing and fit, in every look', async () => {
    stage.traffic('shop', 20);
    const wanted = { route: 'shop', canaryUrl: canary.url, version: 'v2', reason: REASON };
    const { id } = await stage.post<RolloutView>('/api/v1/rollouts', wanted);
    await stage.until(id, (view) => view.stage === 'internal');
    await stage.pass('shop');
    await stage.until(id, ({ verdict }) => verdict?.reservations?.some(({ kind }) => kind === 'holds') ?? false);

    const page = await browser.open(`${stage.url}/ui/rollouts/${id}`, { width: 390, scheme: 'light' });
    await signIn(page, stage.token);
    await page.getByText('waits to be advanced').waitFor();
    const differences = page.getByRole('region', { name: /^Differences of answers and logs/ });
    await differences.getByText('<img src=x').first().waitFor();
    await page.getByText(`“${REASON}”`).first().waitFor();
    await page
      .getByText(/holds it until a person advances it/)
      .first()
      .waitFor();
    expect(await page.title()).toBe('shop v2: 0\u00a0%, undecided');
    expect(await inPage(page, 'document.querySelectorAll("img").length')).toBe(0);
    expect(await inPage(page, '/[\\u001b\\u202e]/.test(document.body.textContent)')).toBe(false);
    expect(await inPage(page, 'document.documentElement.scrollWidth')).toBe(390);
    expect(await inspect(page, 'rollout-internal')).toEqual([]);
    expect(violations(page)).toEqual([]);
  });

  it('says of an address without a rollout that there is none', async () => {
    const page = await browser.open(`${stage.url}/ui/rollouts/nowhere`);
    await signIn(page, stage.token);
    await page.getByRole('heading', { name: 'There is no rollout nowhere' }).waitFor();
    expect(violations(page)).toEqual([]);
  });
});
