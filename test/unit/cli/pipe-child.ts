import { runCommandLine } from '../../../src/cli/run.ts';

// The command line on this process's own streams; the server answers more and more without end.
const { stdin, stdout, stderr } = process;
let asked = 0;
const view = () => ({
  id: '019ac000-0000-7000-8000-000000000001',
  active: true,
  version: asked,
  filler: 'x'.repeat(4_096),
});

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    stdin,
    stdout,
    stderr,
    env: {},
    isTTY: false,
    fetch: async () => {
      asked += 1;
      return Response.json(view());
    },
    wait: () => new Promise((resolve) => setImmediate(resolve)),
  },
  { version: '0.1.0' },
);
