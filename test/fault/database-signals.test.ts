import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/connect.ts';
import { processStart } from '../../src/store/embedded/process-identity.ts';
import { placeDatabase } from '../support/made-database.ts';
import { type Home, makeHome } from '../support/server-process.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

let home: Home;

beforeEach(async () => {
  home = makeHome(`gateway: { listen: 127.0.0.1:0, timeouts: { notice: 300ms } }
control: { listen: 127.0.0.1:0 }
routes:
  - { name: shop, path: /shop, stable: { url: "http://127.0.0.1:9", version: v1 }, policy: standard }
`);
  await placeDatabase(join(home.folder, '.serin'));
});
afterEach(() => home.remove());

/** As a terminal does it: the process group of the command, and everybody in it. */
describe.each(['SIGINT', 'SIGTERM'] as const)('%s for the whole process group', (signal) => {
  it('ends Serin in order: the database goes last, and says nothing', async () => {
    const server = spawn(process.execPath, [MAIN, 'serve', '--config', home.configFile], {
      cwd: home.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(server, 'exit');
    const lines: string[] = [];
    let complaints = '';
    server.stderr.on('data', (chunk) => {
      complaints += String(chunk);
    });
    const serving = Promise.withResolvers<void>();
    createInterface(server.stdout).on('line', (line) => {
      lines.push(line);
      if (line.includes('"serving"')) serving.resolve();
    });
    void ended.then(() => serving.reject(new Error(`it ended: ${lines.join('\n')}${complaints}`)));
    await serving.promise;
    const claims = readdirSync(join(home.folder, '.serin', 'lock'));
    const database = Number(claims.find((name) => name.endsWith('.database'))?.split('-')[0]);
    expect(await processStart(database)).not.toBeNull();

    process.kill(-(server.pid as number), signal);
    expect(await ended).toEqual([0, null]);
    expect(await processStart(database)).toBeNull();
    expect(readdirSync(join(home.folder, '.serin', 'lock'))).toEqual([]);
    const events = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(events).toEqual(expect.arrayContaining(['serving', 'stopping', 'stopped']));
    for (const trouble of ['stopFailed', 'databaseEnded']) expect(events).not.toContain(trouble);
    expect(complaints).toBe('');
    await (await openStore({ dataFolder: join(home.folder, '.serin') })).close();
  });
});
