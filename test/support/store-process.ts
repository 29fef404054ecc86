// Run as a process of its own: opens the store in the folder given, says so in JSON lines, and does what it is told.
import { Problem } from '../../src/problem/problem.ts';
import { openStore } from '../../src/store/connect.ts';
import { changeOf, insertionOf, messageOf, rolloutOf } from './rollout-fixture.ts';

const [dataFolder = '', task = 'hold'] = process.argv.slice(2);
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

try {
  const store = await openStore({ dataFolder });
  say({ kind: 'opened' });
  if (task === 'commit') {
    let rollout = rolloutOf({ route: `route-${process.pid}` });
    await store.rollouts.commit(insertionOf(rollout));
    for (;;) {
      const deliveries = [{ channel: 'chat', message: messageOf(rollout) }];
      const change = changeOf(rollout, {}, { deliveries });
      await store.rollouts.commit(change);
      rollout = change.rollout;
      say({ kind: 'committed', id: rollout.id, version: rollout.version });
    }
  }
  // The other end of stdin is the test: it holds the store until it goes.
  for await (const _ of process.stdin);
  await store.close();
  say({ kind: 'closed' });
} catch (thrown) {
  if (!(thrown instanceof Problem)) throw thrown;
  say({ kind: 'problem', code: thrown.code, message: thrown.message });
  process.exitCode = 1;
}
