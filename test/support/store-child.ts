import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inTime } from './in-time.ts';

const PROGRAM = fileURLToPath(new URL('./store-process.ts', import.meta.url));

/** A first boot of the embedded database, and a close that waits for what is under way. */
const ENDS_MS = 60_000;

export type StoreLine =
  | { readonly kind: 'opened' | 'closed' }
  | { readonly kind: 'committed'; readonly id: string; readonly version: number }
  | { readonly kind: 'problem'; readonly code: string; readonly message: string };

/** A process that opens the store in `dataFolder`; see store-process.ts for what the tasks do. */
export interface StoreChild extends AsyncDisposable {
  readonly pid: number;
  /** What it says, as it says it; ends with the process. */
  readonly lines: AsyncIterator<StoreLine>;
  /** Lets it close the store and end. */
  finish(): Promise<number | null>;
  kill(): Promise<void>;
}

export function startStoreChild(dataFolder: string, task: 'hold' | 'commit'): StoreChild {
  const child = spawn(process.execPath, [PROGRAM, dataFolder, task], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await inTime('the end of a killed store process', ENDS_MS, exited);
  };
  return {
    pid: child.pid ?? 0,
    lines: parsed(createInterface({ input: child.stdout })),
    async finish() {
      child.stdin.end();
      const [code] = (await inTime('the end of a store process', ENDS_MS, exited, () => child.kill('SIGKILL'))) as [
        number | null,
      ];
      return code;
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

async function* parsed(lines: AsyncIterable<string>): AsyncGenerator<StoreLine> {
  for await (const line of lines) yield JSON.parse(line) as StoreLine;
}
