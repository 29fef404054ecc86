import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditView, RolloutView } from '../../src/api/view-schemas.ts';
import { serinHere } from '../support/serin-here.ts';
import { type Home, makeHome, type ServerProcess, startServerProcess } from '../support/server-process.ts';

const POLICY = `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: careful }
spec:
  internal: { requests: 0, gates: [{ name: owner, approval: { by: 2, notStarter: true } }] }
  steps: [{ weight: 10%, dwell: 1h }]
  protect: { verbs: [weight, promote --full] }
`;

let upstream: Server;
let home: Home;
let server: ServerProcess;

beforeAll(async () => {
  upstream = createServer((_, response) => response.end('ok'));
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  home = makeHome(`gateway: { listen: 127.0.0.1:0, timeouts: { notice: 0s } }
control: { listen: 127.0.0.1:0 }
policies: [careful.yaml]
routes:
  - { name: payments, path: /pay, stable: "http://127.0.0.1:9", policy: careful }
`);
  home.write('careful.yaml', POLICY);
  server = await startServerProcess(home);
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  home.remove();
  upstream.close();
});

const urlOf = () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
const ask = (token: string, line: string) =>
  serinHere([...line.split(' '), '--reason', 'looked at'], {
    env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: token },
  });
const tokenFor = async (name: string, role = 'operator', by = home.token()) =>
  (await ask(by, `token create ${name} --role ${role}`)).stdout.trim();
const read = (token: string, line: string) =>
  serinHere(line.split(' '), { env: { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: token } });
const saying = (text: string) => expect.stringContaining(text);

/** A request of a page that the token has signed in to. */
async function bySession(token: string) {
  const own = { origin: server.controlUrl, 'content-type': 'application/json' };
  const opened = await fetch(`${server.controlUrl}/api/v1/session`, {
    method: 'POST',
    headers: own,
    body: JSON.stringify({ token }),
  });
  const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  return (path: string) =>
    fetch(`${server.controlUrl}/api/v1${path}`, {
      method: 'POST',
      headers: { ...own, cookie },
      body: JSON.stringify({ reason: 'looked at' }),
    });
}

it('takes two people, whatever tokens and browsers one of them has', { timeout: 120_000 }, async () => {
  const [ann, bob, mallory] = [
    await tokenFor('ann', 'admin'),
    await tokenFor('bob'),
    await tokenFor('mallory', 'admin'),
  ];
  const puppet = await tokenFor('puppet', 'operator', mallory);
  const started = await ask(ann, `start payments --canary ${urlOf()} --version-name v2 -o json`);
  expect(started.code, started.stderr).toBe(0);
  const { id } = JSON.parse(started.stdout) as RolloutView;
  const late = await tokenFor('late', 'operator', mallory);
  const refused = async (token: string, line: string, why: string) => {
    const { code, stderr } = await ask(token, line);
    expect([line, code, stderr]).toEqual([line, 1, saying(why)]);
  };
  const OWNER = 'gate pass payments owner';

  await refused(ann, OWNER, 'ann started or rebased this rollout, and gate owner asks for somebody else');
  await refused(bob, 'advance payments', 'gate owner has 0 of 2 approvals, and nobody goes past it alone');
  const first = await ask(bob, OWNER);
  expect([first.code, first.stderr]).toEqual([
    0,
    saying('gate owner of payments stays closed: 1 of 2 approvals (bob)'),
  ]);
  await refused(bob, OWNER, 'bob approved it already; 1 more person has to');
  const again = await (await bySession(bob))(`/rollouts/${id}/gates/owner`);
  expect([again.status, await again.json()]).toEqual([
    409,
    expect.objectContaining({ detail: saying('bob approved it already') }),
  ]);
  await refused(late, OWNER, 'the token of late was made after this rollout started');
  const opened = await (await bySession(mallory))(`/rollouts/${id}/gates/owner`);
  expect([opened.status, ((await opened.json()) as RolloutView).gates]).toEqual([
    200,
    [
      {
        name: 'owner',
        open: true,
        approval: {
          by: 2,
          notStarter: true,
          approvals: [
            { name: 'bob', via: 'token' },
            { name: 'mallory', via: 'session' },
          ],
        },
      },
    ],
  ]);

  let view = JSON.parse((await read(ann, 'status payments -o json')).stdout) as RolloutView;
  for (; view.stage === 'internal'; )
    view = JSON.parse((await read(ann, 'status payments -o json')).stdout) as RolloutView;
  const WEIGHT = 'weight payments 20%';
  const dry = await ask(mallory, `${WEIGHT} --dry-run`);
  expect(dry.stdout).toMatch(/^This asks for a second person: nothing changes until somebody else does the same by /);
  const body = JSON.stringify({ weight: '20%', reason: 'it is well' });
  const asking = (token: string) =>
    fetch(`${server.controlUrl}/api/v1/rollouts/${id}/weight`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': '"one"' },
      body,
    });
  const asked = await asking(mallory);
  const told = (await asked.json()) as RolloutView;
  expect([asked.status, told.canaryWeight, told.asked]).toMatchObject([
    202,
    '10%',
    [{ command: WEIGHT_COMMAND, by: { name: 'mallory', via: 'token' }, open: true, version: told.version }],
  ]);
  const replayed = await asking(mallory);
  expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
  await refused(mallory, WEIGHT, 'mallory asked for it already');
  await refused(puppet, WEIGHT, 'puppet counts as one person with mallory');
  await refused(late, WEIGHT, 'late counts as one person with mallory');
  const other = await ask(bob, 'weight payments 30%');
  expect([other.code, other.stderr]).toEqual([
    0,
    saying('not done yet: asked for by bob, a second person has to do the same by '),
  ]);
  const done = await ask(ann, WEIGHT);
  expect([done.code, done.stdout]).toEqual([0, saying('payments: v2 in step-1 at 20%')]);

  const entries = JSON.parse((await read(ann, `audit --rollout ${id} -o json --limit 4`)).stdout) as AuditView[];
  expect(entries.slice(0, 3).map(({ actor, event }) => [actor.name, actor.via, event])).toMatchObject([
    [
      'ann',
      'token',
      { kind: 'weightSet', canaryBps: 2_000, askedBy: { name: 'mallory', via: 'token', reason: 'it is well' } },
    ],
    ['bob', 'token', { kind: 'deedAsked', command: 'serin weight payments 30%' }],
    ['mallory', 'token', { kind: 'deedAsked', command: WEIGHT_COMMAND }],
  ]);
  const table = (await read(ann, `audit --rollout ${id}`)).stdout;
  expect(table).toMatch(/ ann +token +payments +weightSet, asked for by mallory /);
  expect(table).toMatch(/ mallory +session +payments +gatePassed owner /);
  expect(table).toMatch(/ bob +token +payments +gateApproved owner \(1 of 2\) /);
  expect((await read(home.token(), 'audit verify')).stdout).toContain('chain intact');
  expect((await ask(bob, 'rollback payments --yes')).code).toBe(0);
});

const WEIGHT_COMMAND = 'serin weight payments 20%';
