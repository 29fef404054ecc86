import { rolloutView } from '../../../src/api/views.ts';
import { runCommandLine } from '../../../src/cli/run.ts';
import { fakeControl } from '../../support/fake-control.ts';

// The command line on this process's own streams; the server answers more and more without end.
const { stdin, stdout, stderr } = process;
const { record } = await fakeControl().rollouts.start(
  { route: 'payments', canaryUrl: 'http://x/', version: 'v2', reason: 'x', replace: false, force: false },
  { name: 'ada', role: 'operator' },
);
let asked = 0;
const view = () => ({
  ...rolloutView(record, { look: null, unrecorded: null, acts: [] }),
  version: asked,
  reason: 'x'.repeat(4_096),
});

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    stdin,
    stdout,
    stderr,
    env: {},
    isTTY: false,
    fetch: async (input) => {
      asked += 1;
      const isVersion = new Request(input).url.endsWith('/version');
      return Response.json(isVersion ? { name: 'serin', version: '0.1.0', node: 'v24.0.0' } : view());
    },
    wait: () => new Promise((resolve) => setImmediate(resolve)),
  },
  { version: '0.1.0' },
);
