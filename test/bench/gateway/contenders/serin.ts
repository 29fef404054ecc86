import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutView } from '../../../../src/api/view-schemas.ts';
import { configSchema } from '../../../../src/config/config.ts';
import { policySchema } from '../../../../src/policy/schema.ts';
import { packageVersion } from '../../../../src/server/version.ts';
import { CONSUMERS, consumerKey } from '../requests.ts';
import type { Contender, Stage, Started } from './contender.ts';

type Path = 'fast' | 'reference';
type Order = 'idle' | 'rollout';
type Slices = 'on' | 'off';
type Reads = 'nothing' | 'ends' | 'bodies' | 'drawn' | 'shapes';

/** A checkout of Serin, and what its contenders are called. */
interface Tree {
  readonly name: 'serin' | 'before';
  readonly folder: string;
  readonly version: string;
}

const HERE: Tree = { name: 'serin', folder: resolve(import.meta.dirname, '../../../..'), version: packageVersion() };

const FAR = { rollback: { relative: '100%', absolute: '30s' }, parity: { relative: '100%', absolute: '40s' } };

/** What a policy has read of answers. */
const READS: Readonly<Record<Reads, { readonly about: string; readonly checks: object; readonly sticky?: 'request' }>> =
  {
    nothing: { about: '', checks: { latency: latencyTo('head') } },
    ends: {
      about: ', timed to the end, two numbers from heads',
      checks: {
        latency: latencyTo('end'),
        values: {
          queries: { from: { header: 'x-queries' }, worse: 'higher' },
          db: { from: { serverTiming: 'db' }, worse: 'higher' },
        },
      },
    },
    bodies: {
      about: ', JSON asked of a sample of 10 %',
      checks: {
        latency: latencyTo('head'),
        errors: { when: [{ graphql: 'any' }], sample: '10%' },
        values: { total: { from: { json: '/data/usage/total' }, worse: 'higher' } },
      },
    },
    drawn: { about: ', each request drawn by itself', checks: { latency: latencyTo('head') }, sticky: 'request' },
    // Of a sticky key one answer an hour is read, which would be hardly any of the benchmark's.
    shapes: {
      about: ', each request drawn by itself, the shape of a sample of 10 % read',
      checks: { latency: latencyTo('head'), responseShape: { breaking: 'report' } },
      sticky: 'request',
    },
  };

function latencyTo(until: 'head' | 'end') {
  const told = until === 'head' ? {} : { until };
  return Object.fromEntries(['p50', 'p95', 'p99'].map((quantile) => [quantile, { ...FAR, ...told }]));
}

/** One long step at 50 % whose limits a benchmark's own noise cannot reach. An older version knows of no `until`. */
function policyOf(reads: Reads) {
  const { checks } = READS[reads];
  const errors = { rollback: { relative: '10%', absolute: '20pp' }, parity: { relative: '100%', absolute: '90pp' } };
  return {
    apiVersion: 'serin.dev/v1',
    kind: 'GraduationPolicy',
    metadata: { name: 'bench' },
    spec: {
      internal: { requests: 0 },
      steps: [{ weight: '50%', dwell: '7d' }],
      checks: { ...checks, errors: { ...errors, ...('errors' in checks ? (checks.errors as object) : {}) } },
    },
  };
}

/** Both paths and both orders run under the same declaration, with every feature that a route has. */
function configOf([stable]: Stage['upstreams'], gateway: object, sticky: object | 'request' = { header: 'x-user' }) {
  return {
    gateway: { listen: '127.0.0.1:0', timeouts: { idle: '120s' }, ...gateway },
    control: { listen: '127.0.0.1:0' },
    policies: ['bench.yaml'],
    channels: { console: false },
    routes: [
      {
        name: 'bench',
        stable: { url: `http://127.0.0.1:${stable}`, version: 'v1' },
        policy: 'bench',
        sticky,
        consumerKey: { header: 'x-api-key' },
      },
    ],
  };
}

const FAST = { fastPath: 'on' };
const REFERENCE = { fastPath: 'off' };
/** All clients of the benchmark have one address. */
const MANY = { limits: { connections: 20_000, connectionsPerAddress: 20_000 } };
const UNSLICED = { slices: 'off' };
const logTo = (file: string) => ({ accessLog: { file } });

/** Whether this version of Serin can be told so. */
function knows(gateway: object): boolean {
  return configSchema.safeParse(configOf([1, 1], gateway)).success;
}

export const hasFastPath = knows(FAST);
export const hasAccessLog = knows(logTo('access.log'));

interface Way {
  readonly path: Path;
  readonly order: Order;
  readonly slices?: Slices;
  readonly reads?: Reads;
  readonly tree?: Tree;
}

function serin(way: Way): Contender {
  const { path, order, slices = 'on', reads = 'nothing', tree = HERE } = way;
  const about = order === 'idle' ? 'no rollout' : 'a rollout at 50 %';
  const isSliced = slices === 'on';
  const isRead = reads !== 'nothing';
  return {
    name: `${tree.name}-${path}-${order}${isSliced ? '' : '-unsliced'}${isRead ? `-${reads}` : ''}`,
    family: isRead ? 'part' : tree.name,
    about: `Serin${tree === HERE ? '' : ' as it was'}, ${path} path, ${about}${isSliced ? '' : ', slices off'}${READS[reads].about}`,
    prepare: () => {
      if (path === 'fast' && !hasFastPath) return 'this version has no fast path';
      if (!policySchema.safeParse(policyOf(reads)).success) return 'this version has no such check';
      return isSliced || knows(UNSLICED) ? null : 'this version counts no slices';
    },
    start: (stage) => start({ path, order, slices, reads, tree }, stage),
  };
}

export const serins: readonly Contender[] = [
  serin({ path: 'fast', order: 'idle' }),
  serin({ path: 'fast', order: 'rollout' }),
  serin({ path: 'fast', order: 'rollout', slices: 'off' }),
  serin({ path: 'fast', order: 'rollout', reads: 'ends' }),
  serin({ path: 'fast', order: 'rollout', reads: 'bodies' }),
  serin({ path: 'fast', order: 'rollout', reads: 'drawn' }),
  serin({ path: 'fast', order: 'rollout', reads: 'shapes' }),
  serin({ path: 'reference', order: 'idle' }),
  serin({ path: 'reference', order: 'rollout' }),
];

/** Another checkout, with its dependencies installed: what a change costs shows only in one run. */
export function serinsOf(folder: string): readonly Contender[] {
  const manifest: { readonly version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const tree: Tree = { name: 'before', folder: resolve(folder), version: manifest.version };
  return [serin({ path: 'fast', order: 'rollout', tree }), serin({ path: 'reference', order: 'rollout', tree })];
}

async function start({ path, order, slices, reads, tree }: Required<Way>, stage: Stage): Promise<Started> {
  const folder = mkdtempSync(join(stage.folder, `${tree.name}-${path}-${order}-`));
  const counted = slices === 'on' ? {} : UNSLICED;
  const declared = [path === 'fast' ? FAST : REFERENCE, MANY, counted, logTo(join(folder, 'access.log'))];
  const gateway = Object.assign({}, ...declared.filter(knows));
  // YAML reads JSON.
  writeFileSync(join(folder, 'bench.yaml'), JSON.stringify(policyOf(reads)));
  writeFileSync(join(folder, 'serin.yaml'), JSON.stringify(configOf(stage.upstreams, gateway, READS[reads].sticky)));
  const child = stage.children.start(
    join(tree.folder, 'src/main.ts'),
    ['serve', '--config', join(folder, 'serin.yaml')],
    {
      core: stage.placement.proxy,
      kind: 'module',
      cwd: folder,
      env: { ...process.env, SERIN_DATA: join(folder, 'data'), DATABASE_URL: undefined },
    },
  );
  const { gatewayPort, controlPort } = await served(child);
  const started = { port: gatewayPort, pid: child.pid ?? 0, version: tree.version };
  if (order === 'idle') return started;
  const token = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim();
  const verify = await roll(controlOf(controlPort, token), `http://127.0.0.1:${stage.upstreams[1]}`);
  return { ...started, verify };
}

function served(child: ChildProcess): Promise<{ readonly gatewayPort: number; readonly controlPort: number }> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  return new Promise((done, reject) => {
    if (!child.stdout) return reject(new Error('serin has no output'));
    createInterface(child.stdout).on('line', (line) => {
      const ports = /"gatewayPort":(\d+),"controlPort":(\d+)/.exec(line);
      if (ports) done({ gatewayPort: Number(ports[1]), controlPort: Number(ports[2]) });
      else said += `${line}\n`;
    });
    child.once('exit', (code) => reject(new Error(`serin ended with ${code}: ${said}`)));
  });
}

type Control = <Answer>(method: string, path: string, body?: object) => Promise<Answer>;

function controlOf(port: number, token: string): Control {
  return async <Answer>(method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
}

/** Lists half of the consumers, most of them by weight, and starts a rollout; the answer checks that it is still at 50 %. */
async function roll(control: Control, canaryUrl: string): Promise<() => Promise<void>> {
  for (let at = 0; at < CONSUMERS; at += 2) {
    const rule = at === 0 ? 'stable' : at === 2 ? 'canary' : 'by-weight';
    await control('PUT', `/routes/bench/consumers/c${at}`, { rule, key: consumerKey(at), reason: 'benchmark' });
  }
  const body = { route: 'bench', canaryUrl, version: 'v2', reason: 'benchmark' };
  const { id } = await control<RolloutView>('POST', '/rollouts', body);
  const isHalf = async () => {
    const { active, reason, canaryBps } = await control<RolloutView>('GET', `/rollouts/${id}`);
    if (!active) throw new Error(`the rollout ended: ${reason}`);
    return canaryBps === 5_000;
  };
  while (!(await isHalf())) await sleep(200);
  return async () => {
    if (!(await isHalf())) throw new Error('the rollout left its 50 %');
  };
}
