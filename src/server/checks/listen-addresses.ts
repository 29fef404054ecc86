import { createServer, type Server } from 'node:net';
import type { Problem } from '../../problem/problem.ts';
import type { ListenAddress } from '../config/declared-address.ts';
import { declaredListeners, hostAndPort } from '../config/declared-listeners.ts';
import { listenProblem } from '../listen.ts';
import type { Obstacle, Remark, Requirement } from './check.ts';
import { askRunning } from './running.ts';

/** Whether the listeners could have their addresses, by taking them for a moment. */
export const listenAddresses: Requirement = {
  name: 'listen',
  timeoutMs: 5_000,
  async run(checked, signal) {
    const { config, document } = checked.loaded;
    const { taken } = checked.database;
    // A start is refused whichever process has the address; only doctor asks which one.
    const runs = async () =>
      checked.purpose === 'doctor' && (taken !== null || (await askRunning(config.control.listen, signal)) !== null);
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
        } else if (problem.code === 'port-in-use' && !isOwn(held, at) && (await runs())) {
          findings.push({
            level: 'ok',
            says: `${name}: ${hostAndPort(at)} is in use, and a Serin is running`,
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

/** Two listeners are declared at one port. */
function isOwn(held: readonly Server[], { port }: ListenAddress): boolean {
  return held.some((server) => {
    const address = server.address();
    return typeof address === 'object' && address?.port === port;
  });
}
