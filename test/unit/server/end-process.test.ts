import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = pathToFileURL(resolve(import.meta.dirname, '../../../src/server/end-process.ts')).href;

function run(before: string): Promise<{ readonly code: unknown; readonly said: string }> {
  const program = `import { endForCertain } from '${MODULE}'; import { createServer } from 'node:net'; ${before}
    endForCertain(50, 3, (event) => console.log(JSON.stringify(event)));`;
  return new Promise((done) => {
    execFile(process.execPath, ['--input-type=module-typescript', '-e', program], (error, stdout) =>
      done({ code: error?.code ?? 0, said: stdout.trim() }),
    );
  });
}

it('a process that something keeps alive is ended, and the log names what', async () => {
  const [kept, free] = await Promise.all([run('createServer().listen(0);'), run('')]);
  expect(kept.code).toBe(3);
  expect(JSON.parse(kept.said)).toEqual({ what: 'keptAlive', level: 'error', open: ['TCPServerWrap'] });
  expect(free).toEqual({ code: 0, said: '' });
});
