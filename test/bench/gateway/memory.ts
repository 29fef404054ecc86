import { setTimeout as sleep } from 'node:timers/promises';
import { LoadConnection } from './connection.ts';
import type { Load, LoadOutcome, LoadTarget } from './load.ts';
import { residentBytes } from './process-usage.ts';
import { requestBytes } from './requests.ts';

type Idle = Extract<Load, { readonly kind: 'idle' }>;
type SlowReaders = Extract<Load, { readonly kind: 'slow-readers' }>;

const AT_A_TIME = 50;

/** The slope between few and many connections, so that what a process takes once is left out. */
export async function idleMemory(load: Idle, { port, pid }: LoadTarget): Promise<LoadOutcome> {
  const bytes = requestBytes(load.request);
  const open: LoadConnection[] = [];
  const grow = async (count: number) => {
    while (open.length < count) {
      const more = Array.from({ length: AT_A_TIME }, (_, at) => new LoadConnection(port, bytes, open.length + at));
      await Promise.all(more.map(askOnce));
      open.push(...more);
    }
    await sleep(load.settleMs);
    return residentBytes(pid);
  };
  const few = await grow(load.few);
  const many = await grow(load.many);
  for (const connection of open) connection.close();
  return { kind: 'memory', bytesEach: (many - few) / (load.many - load.few), residentBytes: many };
}

async function askOnce(connection: LoadConnection): Promise<void> {
  const broken = new Promise<never>((_, reject) => {
    connection.onBroken = () => reject(new Error('an idle connection was closed'));
  });
  broken.catch(() => {});
  await connection.open();
  const answered = new Promise<void>((resolve) => {
    connection.onAnswer = () => resolve();
  });
  connection.ask();
  await Promise.race([answered, broken]);
}

/** The most that was resident while the clients held back, less what was before. */
export async function slowReaderMemory(load: SlowReaders, { port, pid }: LoadTarget): Promise<LoadOutcome> {
  const bytes = requestBytes(load.request);
  const before = residentBytes(pid);
  const readers = Array.from({ length: load.readers }, (_, at) => new LoadConnection(port, bytes, at));
  await Promise.all(readers.map((reader) => reader.open()));
  for (const reader of readers) {
    reader.ask();
    reader.pause();
  }
  let most = 0;
  for (let waited = 0; waited < load.holdMs; waited += 100) {
    await sleep(100);
    most = Math.max(most, residentBytes(pid));
  }
  for (const reader of readers) reader.close();
  return { kind: 'memory', bytesEach: (most - before) / load.readers, residentBytes: most };
}
