import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditView } from '../../src/api/view-schemas.ts';
import { axe, inspect, openBrowser, signIn, type TestBrowser, violations } from '../support/browser.ts';
import { browserBinary } from '../support/browser-binary.ts';
import { type BrowserStage, openBrowserStage, SLOW } from '../support/browser-stage.ts';
import { serviceOrSkip } from '../support/require-service.ts';

const ROUTES = ['shop', 'cart', 'pay', 'mail', 'find', 'left', 'many', 'more'];
const fieldsOf = { pay: 'forceHeader: { name: x-group, canary: beta }, force: { tokens: accepted }' };
const WHY = 'p99 alarms at the ledger';

const inChromium = serviceOrSkip('chromium', await browserBinary());

inChromium('acting on a rollout, in Chromium', (binary) => {
  let stage: BrowserStage;
  let browser: TestBrowser;

  beforeAll(async () => {
    const policyOf = Object.fromEntries(ROUTES.map((route) => [route, 'slow']));
    [stage, browser] = await Promise.all([
      openBrowserStage({ routes: ROUTES, policyOf, fieldsOf }),
      openBrowser(binary),
    ]);
  });
  afterAll(() => Promise.all([stage.close(), browser.close()]));

  it('rolls back by hand: r asks, the dialog says what happens, and two clicks do it once', async () => {
    const id = await inStep('shop');
    const page = await pageOf(id);
    await page.keyboard.press('r');
    const dialog = page.getByRole('dialog', { name: 'Roll back shop from v2 to v1?' });
    await dialog.getByText('20% of the requests').waitFor();
    await dialog.getByText('v2 is blamed').waitFor();
    expect(await inspect(page, 'roll-back')).toEqual([]);

    // In the field they are letters.
    await dialog.getByLabel('Why').pressSequentially('parm');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await kindsOf(id)).not.toContain('paused');

    await page.getByRole('button', { name: /^Roll back…/ }).click();
    await dialog.getByLabel('Why').fill(WHY);
    await dialog.getByRole('button', { name: 'Roll back v2', exact: true }).dblclick();
    await page.getByRole('status').getByText('You rolled back v2.').waitFor();
    await page.getByRole('button', { name: /^Try again…/ }).waitFor();
    const entries = await audit(id);
    expect(entries.filter(({ event }) => event.kind === 'rolledBack')).toMatchObject([{ reason: WHY }]);
    expect(violations(page)).toEqual([]);
  });

  it('does nothing where another came first (412), says who, and asks anew with the reason', async () => {
    const id = await inStep('cart');
    const page = await pageOf(id);
    const dialog = await asked(page);
    await page.route('**/rollback', async (route) => {
      await stage.caller.post(`/api/v1/rollouts/${id}/pause`, { reason: 'looking at p99' });
      await route.continue();
    });
    await dialog.getByRole('button', { name: 'Roll back v2', exact: true }).click();
    await dialog.getByRole('alert').getByText('Nothing was done.').waitFor();
    await dialog.getByText(/Paused \(local admin, .*\): “looking at p99”/).waitFor();
    expect(await dialog.getByLabel('Why').inputValue()).toBe(WHY);
    expect(await kindsOf(id)).not.toContain('rolledBack');
    await page.unroute('**/rollback');
    await dialog.getByRole('button', { name: 'Roll back v2 all the same' }).click();
    await page.getByRole('status').getByText('You rolled back v2.').waitFor();
    expect(violations(page)).toEqual([]);
  });

  it('is offered to no viewer', async () => {
    const { id } = await stage.start('pay', 'v2');
    const page = await pageOf(id, (await stage.newToken('viewer')).token);
    await page.getByText('ask for a token of the role operator').waitFor();
    // Of this route, and with a token.
    await page.getByText("-H 'x-group: beta'").waitFor();
    await page.getByText('$(serin force-token pay)').waitFor();
    expect(await page.getByRole('button', { name: /Pause|Advance|More|Roll back/ }).count()).toBe(0);
    await page.keyboard.press('r');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(violations(page)).toEqual([]);
  });

  it('goes on, with the reason, where the token is revoked meanwhile and another opens a session', async () => {
    const { id } = await stage.start('mail', 'v2');
    const mine = await stage.newToken('operator');
    const page = await pageOf(id, mine.token);
    const dialog = await asked(page);
    await stage.revoke(mine.id);
    // The page may hear of it first, by what it reads on its own.
    const confirm = dialog.getByRole('button', { name: 'Roll back v2', exact: true });
    await confirm.evaluate((button) => (button as unknown as { click(): void }).click());
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    expect(await inspect(page, 'sign-in-again')).toEqual([]);
    await page.getByLabel('Token').fill(stage.token);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('Token').waitFor({ state: 'detached' });
    expect(await dialog.getByLabel('Why').inputValue()).toBe(WHY);
    expect(await kindsOf(id)).not.toContain('rolledBack');
    await confirm.click();
    await page.getByRole('status').getByText('You rolled back v2.').waitFor();
    expect((await audit(id)).at(-1)).toMatchObject({ actor: { name: 'local admin' }, reason: WHY });
    expect(violations(page)).toEqual([]);
  });

  it('is neither done nor not done where no answer comes, until the state says which; it is not sent again', async () => {
    const { id } = await stage.start('find', 'v2');
    const page = await pageOf(id);
    const sent: string[] = [];
    const counted = (answer: (route: Route) => Promise<unknown>) => async (route: Route) => {
      sent.push(route.request().url());
      await answer(route);
    };
    // A proxy whose session is over answers for Serin, and well.
    await page.route(
      '**/rollback',
      counted((route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Sign in</h1>' })),
    );
    const dialog = await asked(page);
    await dialog.getByRole('button', { name: 'Roll back v2', exact: true }).click();
    await dialog.getByText('It is not known whether this was done').waitFor();
    await dialog.getByText('it was not done: find is as it was at version').waitFor();

    await page.unroute('**/rollback');
    await page.route(
      '**/rollback',
      counted(async (route) => {
        await route.fetch();
        await route.abort();
      }),
    );
    await dialog.getByRole('button', { name: 'Ask anew' }).click();
    expect(await dialog.getByLabel('Why').inputValue()).toBe(WHY);
    await dialog.getByRole('button', { name: 'Roll back v2', exact: true }).click();
    await page.getByRole('status').getByText('You rolled back v2.').waitFor();
    expect([sent.length, (await kindsOf(id)).filter((kind) => kind === 'rolledBack').length]).toEqual([2, 1]);
    expect(violations(page)).toEqual([]);
  });

  it('tells what came of a deed wherever its reader is by then, and after a reload only what the server says', async () => {
    const { id } = await stage.start('left', 'v2');
    const page = await pageOf(id);
    await page.getByRole('link', { name: 'Routes' }).first().click();
    await page.getByRole('row', { name: 'left' }).getByRole('link').click();
    const bars = page.getByRole('status');

    // The answer comes on another page.
    const paused = await heldBack(page, 'pause');
    await confirmed(page, 'Pause');
    await page.goBack();
    await page.getByRole('row', { name: 'left' }).waitFor();
    await bars.getByText('“Pause left” is being done').waitFor();
    await paused.letThrough();
    await bars.getByText('You paused left.').waitFor();
    await bars.getByRole('button', { name: 'Close' }).click();
    expect(await bars.getByText('You paused left.').count()).toBe(0);

    // Refused there, because another was faster.
    await page.goForward();
    const resumed = await heldBack(page, 'resume');
    await confirmed(page, 'Resume');
    await page.goBack();
    await stage.post(`/api/v1/rollouts/${id}/resume`, { reason: 'seen enough' });
    await resumed.letThrough();
    await bars.getByText('Nothing was done by “Resume left”: the rollout had changed').waitFor();
    expect(await axe(page)).toEqual([]);
    await bars.getByRole('button', { name: 'Close' }).click();

    // Nobody hears the answer: it is on its way when the page is loaded anew, and done after that.
    await page.goForward();
    const again = await heldBack(page, 'pause');
    await confirmed(page, 'Pause');
    await page.reload();
    await bars.getByText('It is not known whether “Pause left” was done').waitFor();
    await bars.getByText('it was not done: left is as it was').waitFor();
    await again.doIt();
    await bars.getByText('You paused left.').waitFor();
    await page.reload();
    await page
      .getByText(/^Paused by local admin/)
      .first()
      .waitFor();
    expect(await bars.getByText('You paused left.').count()).toBe(0);
    expect((await kindsOf(id)).filter((kind) => kind === 'paused').length).toBe(2);
    expect(violations(page)).toEqual([]);
  });

  it('has a dialog for every act, each of which does what it says', async () => {
    const { id } = await stage.start('many', 'v2');
    const page = await pageOf(id);
    await done(page, 'Open a gate…', 'You approved gate owner.');
    await done(page, /^Advance to 20 %…/, 'You advanced v2 to 20 %.');
    await done(page, 'Set the weight of this step…', 'You set the weight to 12.5 %.', { Weight: '12.5' });
    await page.getByText('12.5 %', { exact: false }).first().waitFor();
    await done(page, 'Extend this stage…', 'You made the stage longer by 30m.', { 'Longer by': '30m' });
    await done(page, 'Take a check out of the verdict…', 'You took p99 out of the verdict.', { Check: 'p99' });
    await done(page, /^Pause/, 'You paused many.');
    await done(page, /^Resume/, 'You resumed many.');
    stage.home.write('slow.yaml', SLOW.replace('50%, dwell', '60%, dwell'));
    await page.reload();
    await done(page, 'Rebase on the edited policy…', 'You put many on the edited policy.');
    await done(page, 'Promote to 100 %…', 'You promoted v2.', { How: 'full' });
    await done(page, /^Make it the stable…/, 'You made v2 the stable.');
    const next = await stage.start('more', 'v3');
    await page.goto(`${stage.url}/ui/rollouts/${next.id}`);
    await done(page, 'Abort, nobody is blamed…', 'You aborted v3.');
    await done(page, /^Try again…/, 'You started v3 again.');
    await page.getByRole('status').getByRole('link', { name: 'Attempt 2' }).click();
    await page.getByText('attempt 2').waitFor();
    await done(page, /^Roll back…/, 'You rolled back v3.');
    const acts = (await audit(id)).filter(({ actor }) => actor.name === 'local admin').map(({ event }) => event.kind);
    expect(acts).toEqual([
      'rolloutStarted',
      'preflightPassed',
      'gatePassed',
      'advanced',
      'weightSet',
      'extended',
      'checkSkipped',
      'paused',
      'resumed',
      'rebased',
      'promoted',
      'finalisedByHand',
    ]);
    expect(violations(page)).toEqual([]);
  });

  /** Does an act through its dialog, which is opened by a button beside the title or in the list of all. */
  async function done(page: Page, opens: string | RegExp, told: string, fields: Readonly<Record<string, string>> = {}) {
    const isInList = typeof opens === 'string';
    if (isInList) await page.getByRole('button', { name: /^More/ }).click();
    const from = isInList ? page.getByRole('dialog') : page.locator('.actions');
    await from.getByRole('button', { name: opens }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill(WHY);
    for (const [label, value] of Object.entries(fields)) {
      const field = dialog.getByLabel(label);
      if ((await field.getAttribute('autocomplete')) === null) await field.selectOption(value);
      else await field.fill(value);
    }
    await dialog.locator('button[type=submit]').click();
    await page.getByRole('status').getByText(told).waitFor();
  }

  /** Keeps a request of the page from the server. */
  async function heldBack(page: Page, verb: string) {
    const held = Promise.withResolvers<Route>();
    await page.route(`**/${verb}`, held.resolve, { times: 1 });
    return {
      letThrough: async () => (await held.promise).continue(),
      /** Where no page waits for it any more. */
      doIt: async () => {
        const request = (await held.promise).request();
        const { 'if-match': version = '' } = request.headers();
        await stage.post(new URL(request.url()).pathname, request.postDataJSON(), { 'if-match': version });
      },
    };
  }

  /** Asks, gives a reason, and confirms: what opens the dialog is its verb. */
  async function confirmed(page: Page, verb: string): Promise<void> {
    await page.getByRole('button', { name: new RegExp(`^${verb}`) }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill(WHY);
    await dialog.getByRole('button', { name: `${verb} left`, exact: true }).click();
    await dialog.getByText('Being done …').waitFor();
  }

  const audit = async (id: string): Promise<readonly AuditView[]> => (await stage.caller.audit(id)) ?? [];
  const kindsOf = async (id: string) => (await audit(id)).map(({ event }) => event.kind);

  async function inStep(route: string): Promise<string> {
    const { id } = await stage.start(route, 'v2');
    await stage.caller.post(`/api/v1/rollouts/${id}/advance`, { to: 'step-1', reason: 'on' });
    return id;
  }

  async function pageOf(id: string, token = stage.token): Promise<Page> {
    const page = await browser.open(`${stage.url}/ui/rollouts/${id}`);
    await signIn(page, token);
    await page.getByRole('heading', { name: 'v2' }).waitFor();
    return page;
  }

  /** The open question whether to roll back, with a reason. */
  async function asked(page: Page) {
    await page.getByRole('button', { name: /^Roll back…/ }).click();
    const dialog = page.getByRole('dialog', { name: /^Roll back/ });
    await dialog.getByLabel('Why').fill(WHY);
    await dialog.getByText('v2 is blamed').waitFor();
    return dialog;
  }
});
