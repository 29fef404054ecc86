import { once } from 'node:events';
import { apiClient } from '../cli/client.ts';
import { packageVersion } from '../server/version.ts';
import { play } from './act.ts';
import { type DemoSetup, ROUTE, setUpDemo } from './set-up.ts';
import { lineView, liveView, type View } from './view.ts';

const LIMIT_MS = 90_000;
const INTEGRATION_TESTS = 25;

const live = Boolean(process.stdout.isTTY) && !process.argv.includes('--once');
process.exitCode = await main();

/** 0 only when the judge promoted the healthy version, rolled the harmful one back and paged, in time. */
async function main(): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
  const over = live ? interrupt.signal : AbortSignal.any([interrupt.signal, AbortSignal.timeout(LIMIT_MS)]);
  const page = new EventTarget();
  const paged = once(page, 'page', { signal: over });
  // Awaited only when both acts are over.
  paged.catch(() => undefined);

  let view: View | null = null;
  const setup = await setUpDemo((line) => {
    view?.notice(line);
    if (line.includes(' PAGE ')) page.dispatchEvent(new Event('page'));
  });
  view = live ? liveView(setup.traffic, footer(setup)) : lineView((line) => console.log(line));
  try {
    await setup.warm(over);
    const good = await acts(setup, view, over);
    await paged;
    if (live) await interrupted(interrupt.signal);
    return good ? 0 : 1;
  } catch (error) {
    view.close();
    if (!over.aborted) throw error;
    console.error(interrupt.signal.aborted ? 'interrupted' : `not over within ${LIMIT_MS / 1_000} s`);
    return 1;
  } finally {
    view.close();
    await setup.tearDown();
  }
}

async function acts(setup: DemoSetup, view: View, over: AbortSignal): Promise<boolean> {
  const api = apiClient({
    server: setup.controlUrl,
    token: setup.token,
    tokenHint: '',
    version: packageVersion(),
    fetch: globalThis.fetch,
    signal: over,
  });
  const plans = [
    { title: 'a healthy v2 graduates', canaryUrl: setup.upstreams.v2, version: 'v2', ends: 'promoted' },
    {
      title: 'v3 fails 5 % of its requests and is slower',
      canaryUrl: setup.upstreams.v3,
      version: 'v3',
      ends: 'rolled-back',
    },
  ] as const;
  let good = true;
  for (const [at, plan] of plans.entries()) {
    view.act(at + 1, plan);
    const result = await play(plan, ROUTE, api, () => setup.integrationTests(INTEGRATION_TESTS), view, over);
    view.result(result);
    good &&= result.asItShould;
  }
  return good;
}

function footer(setup: DemoSetup): readonly string[] {
  return [
    `gateway ${setup.gatewayUrl}/${ROUTE}/orders/1   control API ${setup.controlUrl}`,
    `look closer:  npm run serin -- get ${ROUTE} --server ${setup.controlUrl} --data-folder ${setup.dataFolder}`,
    'Ctrl-C ends it',
  ];
}

async function interrupted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
