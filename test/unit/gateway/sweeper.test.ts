import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Sweeper } from '../../../src/gateway/http/sweeper.ts';
import { noFaults } from '../../support/gateway.ts';

function sweeping(everyMs: number) {
  const looks: number[] = [];
  const sweeper = new Sweeper(everyMs, (now) => void looks.push(now), noFaults);
  onTestFinished(() => sweeper.stop());
  sweeper.start();
  return { looks, sweeper };
}

/** Nothing of this process runs, timers and sockets included. */
function stall(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it('a sweeper looks again and again, until it is stopped', async () => {
  const { looks, sweeper } = sweeping(10);
  await expect.poll(() => looks.length).toBeGreaterThan(3);
  sweeper.stop();
  const seen = looks.length;
  await pause(100);
  expect(looks).toHaveLength(seen);
});

it('a sweeper judges nobody right after a pause of its own process', async () => {
  const { looks } = sweeping(50);
  await expect.poll(() => looks.length).toBeGreaterThan(0);
  const from = performance.now();
  stall(300);
  await expect.poll(() => looks.filter((at) => at > from).length).toBeGreaterThan(0);
  const next = looks.find((at) => at > from);
  expect(next).toBeGreaterThan(from + 330);
});
