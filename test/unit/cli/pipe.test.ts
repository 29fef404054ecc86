import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('./pipe-child.ts', import.meta.url));

function run(...args: readonly string[]) {
  return spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('a closed pipe', () => {
  it('ends a command that prints without end, quietly and with 0', async () => {
    const child = run('get', '019ac000-0000-7000-8000-000000000001', '-w', '-o', 'json');
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const exit = once(child, 'exit');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code, signal] = await exit;
    expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
  });

  it('on stderr changes no exit code', async () => {
    const child = run('strat');
    child.stderr.destroy();
    child.stdout.resume();
    expect(await once(child, 'exit')).toEqual([2, null]);
  });
});
