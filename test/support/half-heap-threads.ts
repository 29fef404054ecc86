import { Worker } from 'node:worker_threads';
import type { LogThreadData } from '../../src/logs/thread/log-thread.ts';

/**
 * Has each thread that reads what others send read the texts that take most memory for their bytes, in half of the heap that it has in
 * Serin. A thread that `JSON.parse` leaves without memory does not end: the process does.
 */
const HALF_MB = 128;
const [BODY, LOGS, OPENAPI] = [
  'gateway/measure/reading/body-thread-entry.ts',
  'logs/thread/log-thread-entry.ts',
  'openapi/thread-entry.ts',
];

const deep = '{"2000":'.repeat(20) + 1 + '}'.repeat(20);
/** By what they are, values of which a list is made. */
const VALUES = { objects: '{}', deep, names: null };

interface Room {
  readonly bytes: number;
  readonly values?: number;
}

/** As long as both allow; a value is a bracket or a comma. */
function listOf(kind: keyof typeof VALUES, { bytes, values = Infinity }: Room): string {
  const items: string[] = [];
  const each = (VALUES[kind] ?? '{').split(/[[{,]/).length;
  for (let length = 0, at = 0; ; at++) {
    const item = VALUES[kind] ?? `{"${at.toString(36)}":1}`;
    length += item.length + 1;
    if (length > bytes || (at + 1) * each > values) return items.join(',');
    items.push(item);
  }
}

function nested({ bytes, values = Infinity }: Room): string {
  const depth = Math.floor(Math.min(bytes / 2, values));
  return '['.repeat(depth) + ']'.repeat(depth);
}

const LOGS_DATA: LogThreadData = { lostBefore: 0 };

async function answerOf(file: string, workerData: unknown, jobs: readonly { readonly id: number }[]): Promise<string> {
  const entry = new URL(`../../src/${file}`, import.meta.url);
  const worker = new Worker(entry, { workerData, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: HALF_MB } });
  const { promise, resolve } = Promise.withResolvers<string>();
  worker.on('error', (error) => resolve(error.message));
  worker.on('message', (message) => {
    const isPart = typeof message === 'string';
    if (!isPart && (jobs.length === 0 || message.id === jobs.length)) resolve(JSON.stringify(message).slice(0, 200));
  });
  for (const job of jobs) worker.postMessage(job);
  const said = await promise;
  await worker.terminate();
  return said;
}

/** Three answers whose numbers have to be kept as they were written, which takes most. */
function compared(list: string) {
  const bytes = new Uint8Array(Buffer.from(`[12345678901234567890123,${list}]`));
  const answer = { status: 200, at: 0, type: 'application/json', fields: {}, body: { bytes, coding: 'identity' } };
  const answers = {
    stable: { ...answer, version: 'v1' },
    canary: { ...answer, version: 'v2' },
    again: { ...answer, version: 'v1' },
  };
  return [{ id: 1, body: answer.body, task: { kind: 'compare', answers, ignore: [] } }];
}

const ROUTES = { names: ['shop'], byService: {} };
const LOOK = { route: 'shop', watched: { stable: 'v1', canary: 'v2', epoch: 1, since: null }, spans: [], taken: null };

function batch(text: string) {
  const bytes = new Uint8Array(Buffer.from(text));
  const sent = { way: 'otlp-json', bytes, coding: 'identity', route: 'shop', version: 'v2' };
  return [
    { id: 1, job: { kind: 'take', take: LOOK } },
    { id: 2, job: { kind: 'batch', batch: sent, routes: ROUTES } },
  ];
}

function records(list: string): string {
  return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${list}]}]}]}`;
}

function documents(list: string) {
  const text = `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{},"x-a":[${list}]}`;
  return { stable: text, canary: text };
}

const MB = 1024 * 1024;
const list = (kind: keyof typeof VALUES | 'nested', room: Room) =>
  kind === 'nested' ? nested(room) : listOf(kind, room);
const large = (kind: 'deep' | 'nested') => `{"severityNumber":9,"x":[${list(kind, { bytes: MB - 100 })}]}`;

/** Those that take most of each. */
const said: string[] = [];
for (const kind of ['objects', 'names', 'nested'] as const) {
  said.push(await answerOf(BODY, null, compared(list(kind, { bytes: MB - 100 }))));
}
said.push(await answerOf(LOGS, LOGS_DATA, batch(`{"a":[${list('deep', { bytes: 16 * MB - 100 })}]}`)));
said.push(await answerOf(LOGS, LOGS_DATA, batch(records([large('deep'), large('nested')].join(',')))));
for (const values of [249_900, 260_000]) {
  said.push(await answerOf(OPENAPI, documents(list('deep', { bytes: 4 * MB - 200, values })), []));
}
process.stdout.write(JSON.stringify(said));
