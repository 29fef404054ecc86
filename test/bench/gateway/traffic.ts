import { setTimeout as sleep } from 'node:timers/promises';
import { LoadConnection } from './connection.ts';
import { Latency } from './latency.ts';
import type { Load, LoadTarget, TrafficOutcome } from './load.ts';
import { cpuMs, residentBytes } from './process-usage.ts';
import { requestBytes } from './requests.ts';

const DRAIN_MS = 5_000;
const FIRST_ANSWER_MS = 10_000;
const FORGOTTEN_AT_ONCE = 10_000;

/** Counts what happens while the window is open. */
class Window {
  readonly latency = new Latency();
  requests = 0;
  errors = 0;
  isOpen = false;
  answeredInAll = 0;

  answered(status: number, tookMs: number): void {
    this.answeredInAll++;
    if (status !== 200) this.errors++;
    if (!this.isOpen) return;
    this.requests++;
    this.latency.add(tookMs);
  }

  broke(): void {
    this.errors++;
  }
}

type Traffic = Extract<Load, { readonly kind: 'closed' | 'open' }>;

/** Drives one contender for the warm-up and the window; CPU time is read at the window's two edges. */
export async function traffic(load: Traffic, { port, pid }: LoadTarget): Promise<TrafficOutcome> {
  const window = new Window();
  const bytes = requestBytes(load.request);
  const connections = Array.from(
    { length: load.connections },
    (_, at) => new LoadConnection(port, bytes, at * Math.floor(bytes.length / load.connections)),
  );
  for (const connection of connections) connection.onBroken = () => window.broke();
  await Promise.all(connections.map((connection) => connection.open()));
  const stop = load.kind === 'closed' ? drive(connections, window) : pace(connections, load.perSecond, window);
  await sleep(load.warmUpMs);
  const cpuBefore = cpuMs(pid);
  const began = performance.now();
  window.isOpen = true;
  await sleep(load.windowMs);
  // A process that has only just started, on a busy machine, may answer nothing in a short window: it stays open for the first answer.
  const until = began + load.windowMs + FIRST_ANSWER_MS;
  while (window.requests === 0 && performance.now() < until) await sleep(5);
  window.isOpen = false;
  const elapsedMs = performance.now() - began;
  const used = cpuMs(pid) - cpuBefore;
  const resident = residentBytes(pid);
  stop();
  await answeredAll(connections);
  for (const connection of connections) connection.close();
  return {
    kind: 'traffic',
    requests: window.requests,
    answered: window.answeredInAll,
    errors: window.errors,
    elapsedMs,
    cpuMs: used,
    residentBytes: resident,
    p50Ms: window.latency.quantile(0.5),
    p99Ms: window.latency.quantile(0.99),
  };
}

/** A request still open after the time is left to its fate, and missing among the answers. */
async function answeredAll(connections: readonly LoadConnection[]): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  while (connections.some(({ isWaiting }) => isWaiting) && performance.now() < until) await sleep(5);
}

/** The next request of a connection follows its last answer. */
function drive(connections: readonly LoadConnection[], window: Window): () => void {
  let isOver = false;
  for (const connection of connections) {
    connection.onAnswer = (status, tookMs) => {
      window.answered(status, tookMs);
      if (!isOver) connection.ask();
    };
    connection.ask();
  }
  return () => {
    isOver = true;
  };
}

/** Requests fall due evenly; one that finds no free connection waits for it, and the wait counts. */
function pace(connections: readonly LoadConnection[], perSecond: number, window: Window): () => void {
  const free = [...connections];
  const due: number[] = [];
  /** How many of `due` have been asked. Taking each out would cost more than asking it, once thousands wait. */
  let asked = 0;
  const began = performance.now();
  let sent = 0;
  const send = () => {
    while (asked < due.length) {
      const connection = free.pop();
      if (!connection) break;
      connection.ask(due[asked++]);
    }
    if (asked < FORGOTTEN_AT_ONCE) return;
    due.splice(0, asked);
    asked = 0;
  };
  for (const connection of connections) {
    connection.onAnswer = (status, tookMs) => {
      window.answered(status, tookMs);
      free.push(connection);
      send();
    };
  }
  const timer = setInterval(() => {
    const now = performance.now();
    for (; sent < ((now - began) * perSecond) / 1_000; sent++) due.push(now);
    send();
  }, 1);
  return () => clearInterval(timer);
}
