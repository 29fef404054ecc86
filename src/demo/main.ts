import { once } from 'node:events';
import { apiClient } from '../cli/client.ts';
import { endForCertain } from '../server/end-process.ts';
import { packageVersion } from '../server/version.ts';
import { play } from './act.ts';
import { PLAYS } from './plays.ts';
import { type DemoSetup, setUpDemo } from './set-up.ts';
import { lineView, liveView, type View } from './view.ts';

const INTEGRATION_TESTS = 25;
/** Once everything has stopped. */
const ENDS_AFTER_MS = 5_000;

/** `--llm`: a model that streams instead of a shop. */
const chosen = process.argv.includes('--llm') ? PLAYS.llm : PLAYS.shop;
const live = Boolean(process.stdout.isTTY) && !process.argv.includes('--once');
process.exitCode = await main();
endForCertain(ENDS_AFTER_MS, process.exitCode, ({ what }) =>
  console.error(`the demonstration did not end by itself: ${what}`),
);

/** 0 only when the judge promoted what is healthy, took back what is not, and paged about each of those, in time. */
async function main(): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
  const over = live ? interrupt.signal : AbortSignal.any([interrupt.signal, AbortSignal.timeout(chosen.limitMs)]);
  const pager = new EventTarget();
  let pages = 0;

  let view: View | null = null;
  const setup = await setUpDemo(chosen, (line) => {
    view?.notice(line);
    if (!line.includes(' PAGE ')) return;
    pages += 1;
    pager.dispatchEvent(new Event('page'));
  });
  view = live ? liveView(setup.traffic, footer(setup)) : lineView((line) => console.log(line));
  if (!live) console.log(dashboardLine(setup));
  try {
    await setup.warm(over);
    const good = await acts(setup, view, over);
    const due = chosen.acts.filter(({ ends }) => ends === 'rolled-back').length;
    while (good && pages < due) await once(pager, 'page', { signal: over });
    if (live) await interrupted(interrupt.signal);
    return good ? 0 : 1;
  } catch (error) {
    view.close();
    if (!over.aborted) throw error;
    console.error(interrupt.signal.aborted ? 'interrupted' : `not over within ${chosen.limitMs / 1_000} s`);
    return 1;
  } finally {
    view.close();
    await setup.tearDown();
  }
}

async function acts(setup: DemoSetup, view: View, over: AbortSignal): Promise<boolean> {
  const api = apiClient({
    server: setup.controlUrl,
    bearer: async () => setup.token,
    tokenHint: '',
    version: packageVersion(),
    fetch: globalThis.fetch,
    signal: over,
  });
  let good = true;
  for (const [at, act] of chosen.acts.entries()) {
    const plan = { ...act, canaryUrl: setup.upstreams[act.version] ?? '' };
    view.act(at + 1, plan);
    const result = await play(plan, chosen.route, api, () => setup.integrationTests(INTEGRATION_TESTS), view, over);
    view.result(result);
    good &&= result.asItShould;
  }
  return good;
}

function footer(setup: DemoSetup): readonly string[] {
  return [
    dashboardLine(setup),
    `gateway ${setup.gatewayUrl}/${chosen.route}${chosen.path}   control API ${setup.controlUrl}`,
    `look closer:  npm run serin -- get ${chosen.route} --server ${setup.controlUrl} --data-folder ${setup.dataFolder}`,
    'Ctrl-C ends it',
  ];
}

/** The installation ends with the demonstration, and its token with it. */
function dashboardLine({ controlUrl, token }: DemoSetup): string {
  return `watch it in a browser:  ${controlUrl}/ui/   token ${token}`;
}

async function interrupted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
