import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { get, openRaw } from '../support/raw-client.ts';

const CHILD = fileURLToPath(new URL('../support/starved-gateway.ts', import.meta.url));

it.skipIf(process.platform === 'win32')(
  'a gateway without a descriptor for its upstream says 503, and charges no version',
  async () => {
    const child = spawn('sh', ['-c', `ulimit -n 128 && exec "$0" "$1"`, process.execPath, CHILD], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? 'null') as Record<string, unknown>;
    const { port } = await next();
    const connection = await openRaw(Number(port));
    onTestFinished(() => connection.close());
    // Accepted, and known to be.
    connection.write('OPTIONS * HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    expect((await connection.answer()).status).toBe(204);
    child.stdin.write('starve\n');
    expect(await next()).toEqual({ code: 'EMFILE' });
    connection.write(get('/'));
    expect((await connection.answer()).status).toBe(503);
    child.stdin.write('totals\n');
    expect(await next()).toMatchObject({ refused: 1, unanswered: 0 });
  },
);
