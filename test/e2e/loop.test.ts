import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { toy } from '../support/cast.ts';
import { makeHome, serin, startServerProcess } from '../support/server-process.ts';

it('a canary that leads back to the gateway is refused by serin start, with the reason', async () => {
  const stable = await toy('v1');
  const home = makeHome(
    `gateway: { listen: 127.0.0.1:0 }\ncontrol: { listen: 127.0.0.1:0 }\nroutes:\n` +
      `  - { name: shop, path: /shop, stable: { url: "${stable.url}", version: v1 }, policy: standard }\n`,
  );
  const server = await startServerProcess(home);
  const back = createServer((client) => {
    const onward = connect(Number(new URL(server.gatewayUrl).port), '127.0.0.1');
    client.pipe(onward).pipe(client);
    for (const socket of [client, onward]) socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(back, 'listening');
  try {
    const { port } = back.address() as AddressInfo;
    const canary = `http://127.0.0.1:${port}/shop`;
    const connection = ['--server', server.controlUrl, '--data-folder', `${home.folder}/.serin`];
    const started = await serin(['start', 'shop', '--canary', canary, '--reason', 'ready', ...connection]);
    expect([started.code, started.stderr]).toEqual([
      1,
      expect.stringContaining(`does not pass preflight: 127.0.0.1:${port} leads back to this gateway`),
    ]);
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
    back.close();
    await stable.close();
    home.remove();
  }
});
