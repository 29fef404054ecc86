import logUpdate from 'log-update';
import pc from 'picocolors';
import type { AuditView, RolloutView } from '../api/view-schemas.ts';
import { renderRollout } from '../cli/panel/panel.ts';
import type { ActPlan, ActResult, Watcher } from './act.ts';
import type { TrafficCounts } from './traffic.ts';

/** What the audience sees: a live panel on a terminal, one line per event elsewhere. */
export interface View extends Watcher {
  act(number: number, plan: ActPlan): void;
  notice(line: string): void;
  result(result: ActResult): void;
  close(): void;
}

export function lineView(write: (line: string) => void): View {
  const began = performance.now();
  let told = 0;
  const clock = () => `[${((performance.now() - began) / 1_000).toFixed(1).padStart(5)} s]`;
  return {
    act(number, plan) {
      told = 0;
      write(`\nAct ${number}: ${plan.title}`);
    },
    seen(_rollout, audit) {
      for (const entry of audit.slice(told)) write(`${clock()} ${eventLine(entry)}`);
      told = audit.length;
    },
    notice(line) {
      if (line.includes(' PAGE ')) write(`${clock()} pager: ${line.trim()}`);
    },
    result: (result) => write(resultLines(result).join('\n')),
    close: () => undefined,
  };
}

export function liveView(traffic: () => TrafficCounts, footer: readonly string[]): View {
  const done: string[] = [];
  let pager: string[] = [];
  let heading = '';
  let panel = '';
  let before = { at: performance.now(), answered: 0 };
  let rate = 0;

  const draw = () => {
    const now = performance.now();
    const { answered, byVersion } = traffic();
    if (now - before.at > 900) {
      rate = ((answered - before.answered) / (now - before.at)) * 1_000;
      before = { at: now, answered };
    }
    const versions = Object.entries(byVersion).map(([version, count]) => `${version} ${count}`);
    const flow = pc.dim(`traffic ${rate.toFixed(0)} requests/s   answered: ${versions.join('   ')}`);
    logUpdate([...done, heading, flow, '', panel, '', ...pager, ...footer].join('\n'));
  };
  const frames = setInterval(draw, 250);

  return {
    act(number, plan) {
      heading = pc.bold(`Act ${number}: ${plan.title}`);
      pager = [];
    },
    seen(rollout: RolloutView, audit: readonly AuditView[]) {
      panel = renderRollout(rollout, { audit: audit.slice(-4), width: Math.min(process.stdout.columns ?? 100, 110) });
    },
    notice(line) {
      if (line.includes(' PAGE ')) pager = [pc.red(`pager: ${line.trim()}`), ''];
    },
    result(result) {
      done.push(...resultLines(result), '');
    },
    close() {
      clearInterval(frames);
      draw();
      logUpdate.done();
    },
  };
}

function eventLine({ event, before, after, reason }: AuditView): string {
  const stage = (configuration: unknown) => (configuration as { stage?: string } | null)?.stage;
  const [from, to] = [stage(before), stage(after)];
  return from !== undefined && from !== to ? `${from} -> ${to}: ${reason}` : `${event.kind}: ${reason}`;
}

function resultLines({
  plan,
  asItShould,
  stage,
  seconds,
  canaryRequests,
  forcedRequests,
  reason,
}: ActResult): string[] {
  const mark = asItShould ? pc.green('✓') : pc.red('✗');
  const count = (requests: number) => requests.toLocaleString('en');
  // What the internal phase refuses has served tests, and no user.
  const served =
    canaryRequests === 0
      ? `${count(forcedRequests)} requests of tests, 0 of users`
      : `${count(canaryRequests)} canary requests`;
  return [`${mark} ${plan.version} ${stage} after ${seconds.toFixed(1)} s and ${served}`, `  why: ${reason}`];
}
