// The clients, in a process of their own: takes one load at a time and answers with its outcome.
import type { Load, LoadOutcome, LoadTarget } from './load.ts';
import { idleMemory, slowReaderMemory } from './memory.ts';
import { traffic } from './traffic.ts';

export interface GeneratorTask {
  readonly load: Load;
  readonly target: LoadTarget;
}

function run({ load, target }: GeneratorTask): Promise<LoadOutcome> {
  switch (load.kind) {
    case 'closed':
    case 'open':
      return traffic(load, target);
    case 'idle':
      return idleMemory(load, target);
    case 'slow-readers':
      return slowReaderMemory(load, target);
  }
}

process.on('message', (task: GeneratorTask) => {
  run(task).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => process.send?.({ kind: 'failed', why: String(error) } satisfies LoadOutcome),
  );
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
