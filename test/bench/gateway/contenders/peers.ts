import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, sayingsOf } from '../children.ts';
import type { Contender, Stage } from './contender.ts';

/** The benchmark's own package: nobody who installs Serin gets its competitors. */
const PACKAGE = join(import.meta.dirname, '..');

const PEERS = [
  { name: 'fast-proxy', packageName: 'fast-proxy', about: 'fast-proxy on node:http' },
  { name: 'fastify', packageName: '@fastify/http-proxy', about: '@fastify/http-proxy' },
  { name: 'http-proxy', packageName: 'http-proxy', about: 'http-proxy with a keep-alive agent' },
  { name: 'hono', packageName: 'hono', about: 'hono/proxy on @hono/node-server' },
] as const;

type Peer = (typeof PEERS)[number];

export const peers: readonly Contender[] = PEERS.map((peer) => ({
  name: peer.name,
  family: 'peer',
  about: peer.about,
  prepare: () => installed(),
  start: (stage) => start(peer, stage),
}));

let outcome: string | null | undefined;

/** Installs the peers when they are missing or the lock has changed; the reason when that fails. */
function installed(): string | null {
  outcome ??= install();
  return outcome;
}

function install(): string | null {
  const hash = createHash('sha256')
    .update(readFileSync(join(PACKAGE, 'package-lock.json')))
    .digest('hex');
  const stamp = join(PACKAGE, 'node_modules', '.serin-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return null;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: PACKAGE, stdio: ['ignore', 2, 2] });
  if (status !== 0) return 'its package could not be installed';
  writeFileSync(stamp, hash);
  return null;
}

async function start({ name, packageName }: Peer, { children, placement, upstreams }: Stage) {
  const file = join(PACKAGE, 'peers', `${name}.mjs`);
  const child = children.start(file, [String(upstreams[0])], { core: placement.proxy, kind: 'module' });
  const { port } = await messageOf<{ readonly port: number }>(child, sayingsOf(child));
  const manifest = readFileSync(join(PACKAGE, 'node_modules', packageName, 'package.json'), 'utf8');
  return { port, pid: child.pid ?? 0, version: (JSON.parse(manifest) as { version: string }).version };
}
