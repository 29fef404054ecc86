import { createServer, type Server } from 'node:net';
import type { ListenAddress } from '../../config/declared-address.ts';
import { declaredListeners, hostAndPort } from '../../config/declared-listeners.ts';
import type { Problem } from '../../problem/problem.ts';
import { listenProblem } from '../listen.ts';
import { runningListeners } from '../listening-file.ts';
import type { Obstacle, Remark, Requirement } from './check.ts';

/** Whether the listeners can have their addresses, by binding them for a moment. */
export const listenAddresses: Requirement = {
  name: 'listen',
  timeoutMs: 5_000,
  async run({ loaded: { config, document }, dataFolder }) {
    const running = await runningListeners(dataFolder);
    const held: Server[] = [];
    const findings: (Remark | Obstacle)[] = [];
    try {
      for (const { name, path, at } of declaredListeners(config)) {
        const server = createServer();
        const problem = await bind(server, at, (message) => document?.issue({ path, message, at: 'value' }));
        if (problem === null) {
          held.push(server);
          findings.push({
            level: 'ok',
            says: `${name}: ${hostAndPort(at)} ${at.port === 0 ? 'takes any free port' : 'is free'}`,
          });
        } else if (problem.code === 'port-in-use' && running?.listeners.some((one) => isSame(one, at))) {
          findings.push({
            level: 'ok',
            says: `${name}: ${hostAndPort(at)} is in use by the Serin that runs on this data folder`,
            taken: problem,
          });
        } else {
          findings.push({ level: 'error', problem });
        }
      }
    } finally {
      await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
    }
    return findings;
  },
};

function bind(
  server: Server,
  at: ListenAddress,
  issueOf: (message: string) => Problem['issues'][number] | undefined,
): Promise<Problem | null> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(listenProblem(error, at, issueOf)));
    server.listen({ host: at.host, port: at.port, exclusive: true }, () => resolve(null));
  });
}

function isSame(one: ListenAddress, other: ListenAddress): boolean {
  return one.host === other.host && one.port === other.port;
}
