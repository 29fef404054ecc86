#!/usr/bin/env node
// Import nothing before the check, and use nothing newer than Node 12: an old Node would stop at the first import
// that it does not know, with its own error message, and npm only warns about `engines`.
const LEAST = [22, 19] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  process.stderr.write(
    `serin needs Node ${LEAST.join('.')} or newer; this is ${process.versions.node} (install Node 24)\n`,
  );
  // The exit code of any input that a retry cannot fix.
  process.exitCode = 2;
} else {
  void start();
}

/**
 * Loading modules makes V8's young generation grow to 32 MB, which a process that is idle from then on never gives back.
 * It stays at 1 MB while `serve` loads; once that serves, it lets the space grow as traffic needs it. The factor is read at
 * each growth; as a command-line flag, V8 would take 1 for 2.
 */
async function start() {
  if (process.argv[2] === 'serve') {
    // The file is read once the modules are there: a signal to read it again must not end the process before.
    process.on('SIGHUP', () => {});
    (await import('node:v8')).setFlagsFromString('--semi-space-growth-factor=1');
  }
  await import('./command-line.ts');
}
