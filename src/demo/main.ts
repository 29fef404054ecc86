import { once } from 'node:events';
import { play } from './act.ts';
import { demoClient } from './client.ts';
import { ROUTE, type Stage, setStage } from './stage.ts';
import { lineView, liveView, type View } from './view.ts';

const LIMIT_MS = 90_000;
const INTEGRATION_TESTS = 25;

const live = Boolean(process.stdout.isTTY) && !process.argv.includes('--once');
process.exitCode = await main();

/** 0 only when the judge promoted the healthy version and rolled the harmful one back, in time. */
async function main(): Promise<number> {
  let view: View | null = null;
  let paged = () => {};
  const page = new Promise<void>((resolve) => {
    paged = resolve;
  });
  const stage = await setStage((line) => {
    view?.notice(line);
    if (line.includes(' PAGE ')) paged();
  });
  view = live ? liveView(stage.traffic, footer(stage)) : lineView((line) => console.log(line));
  try {
    const limit = live ? new AbortController().signal : AbortSignal.timeout(LIMIT_MS);
    const good = await acts(stage, view, limit);
    await Promise.race([page, once(limit, 'abort')]);
    if (live) await untilInterrupted();
    return good ? 0 : 1;
  } catch (error) {
    view.close();
    console.error(
      error instanceof Error && error.name === 'AbortError' ? `not over within ${LIMIT_MS / 1_000} s` : error,
    );
    return 1;
  } finally {
    view.close();
    await stage.strike();
  }
}

async function acts(stage: Stage, view: View, limit: AbortSignal): Promise<boolean> {
  const client = demoClient(stage.controlUrl, stage.token);
  const plans = [
    { title: 'a healthy v2 graduates', canaryUrl: stage.upstreams.v2, version: 'v2', ends: 'promoted' },
    {
      title: 'v3 fails 5 % of its requests and is slower',
      canaryUrl: stage.upstreams.v3,
      version: 'v3',
      ends: 'rolled-back',
    },
  ] as const;
  let good = true;
  for (const [at, plan] of plans.entries()) {
    view.act(at + 1, plan);
    const result = await play(plan, ROUTE, client, () => stage.integrationTests(INTEGRATION_TESTS), view, limit);
    view.result(result);
    good &&= result.asItShould;
  }
  return good;
}

function footer(stage: Stage): readonly string[] {
  return [
    `gateway ${stage.gatewayUrl}/${ROUTE}/orders/1   control API ${stage.controlUrl}`,
    `look closer:  npm run serin -- get ${ROUTE} --server ${stage.controlUrl} --data-folder ${stage.dataFolder}`,
    'Ctrl-C ends it',
  ];
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
