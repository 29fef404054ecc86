import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutView } from '../../src/api/view-schemas.ts';
import type { MessageView } from '../../src/api/views/message-view.ts';
import type { PinnedPolicyView } from '../../src/api/views/policy-view.ts';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

const KEY = 'R0UT1NG-KEY-OF-THE-PAGER';

const policyText = (dwell: string, name = 'mine') => `apiVersion: serin.dev/v1
kind: GraduationPolicy
metadata: { name: ${name}, description: "dwell: as *long* as it takes # surely" }
spec:
  finalise: manual
  steps: [{ weight: 10%, dwell: ${dwell} }]
  checks: { values: { score: { from: { posted: true }, worse: lower } } }
`;

/** A PagerDuty that refuses each event for good, and quotes what it was sent. */
async function startRefusingPager() {
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk) => {
      body += String(chunk);
    });
    incoming.on('end', () => {
      const errors = [`routing_key ${KEY} is not known`, 'password=hunter2', body.slice(0, 100)];
      outgoing.writeHead(400, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((done) => server.close(done)),
  };
}

let toys: readonly ToyUpstream[];
let pager: Awaited<ReturnType<typeof startRefusingPager>>;
let home: Home;
let server: ServerProcess;

beforeAll(async () => {
  toys = await Promise.all([toy('v1'), toy('v2')]);
  pager = await startRefusingPager();
  home = makeHome(`gateway: { listen: 127.0.0.1:0 }
control: { listen: 127.0.0.1:0 }
controller: { tick: 1s }
policies: [mine.yaml]
channels: { pagerduty: { routingKey: "\${PAGER_KEY}", eventsUrl: "${pager.url}" } }
routes:
${['told', 'written', 'edited'].map(routeOf).join('\n')}
`);
  home.write('mine.yaml', policyText('1h'));
  server = await startServerProcess(home, { PAGER_KEY: KEY });
});

/** The policy of its rollouts is another, so that it may go. */
function routeOf(name: string): string {
  return `  - { name: ${name}, path: /${name}, stable: { url: "${toys[0]?.url}", version: v1 }, policy: demo }`;
}

afterEach(() => void home.write('mine.yaml', policyText('1h')));

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await Promise.all([...toys.map((one) => one.close()), pager.close()]);
  home.remove();
});

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(new URL(`/api/v1${path}`, server.controlUrl), {
    method,
    headers: { authorization: `Bearer ${home.token()}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify({ reason: 'tried', ...body }) } : {}),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

describe('the details of a rollout, from a whole Serin', () => {
  it('say what each channel made of its messages, and nothing of its key', async () => {
    const { id } = await started('told');
    await ask('POST', `/rollouts/${id}/promote`, { full: true });
    const messages = () => ask<readonly MessageView[]>('GET', `/rollouts/${id}/messages`);
    await expect
      .poll(async () => (await messages()).find(({ kind }) => kind === 'change')?.rejectedAt, { timeout: 60_000 })
      .toEqual(expect.any(String));
    const told = await messages();
    expect(told.map(({ kind, channel }) => [kind, channel])).toEqual([
      ['change', 'pagerduty'],
      ['change', 'console'],
      ['note', 'console'],
    ]);
    const [refused] = told;
    expect(refused).toMatchObject({
      deliveredAt: null,
      lastError: expect.stringMatching(
        /^it answered 400: .* routing_key \[routing key\] is not known; password=\[redacted\]; /,
      ),
    });
    expect(JSON.stringify(told)).not.toMatch(/R0UT1NG|hunter2/);
    const dated = told.map(({ at }) => at);
    expect(dated).toEqual(dated.toSorted().toReversed());
    await expect.poll(async () => (await messages()).at(-1)?.deliveredAt, { timeout: 60_000 }).not.toBeNull();
  });

  it('have the policy as a file that validate takes, with the same digest', async () => {
    const { id, policy } = await started('written');
    const { yaml, digest } = await ask<PinnedPolicyView>('GET', `/rollouts/${id}/policy`);
    expect(digest).toBe(policy.digest);
    const validated = await serin(['validate', home.write('pinned.yaml', yaml)]);
    expect(validated).toMatchObject({ code: 0, stdout: expect.stringContaining(`valid (mine, ${digest})`) });
  });

  it('follow what becomes of the file: edited, broken, renamed and put back', async () => {
    const { id, policy } = await started('edited');
    const current = async () => (await ask<PinnedPolicyView>('GET', `/rollouts/${id}/policy`)).current;
    expect(await current()).toEqual({ digest: policy.digest, diff: [], issues: [] });
    home.write('mine.yaml', policyText('90m'));
    expect(await current()).toEqual({
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      diff: [{ path: 'spec.steps[0].dwell', before: '1h', after: '90m' }],
      issues: [],
    });
    home.write('mine.yaml', policyText('1h').replace('10%', '10'));
    const file = expect.stringContaining('mine.yaml');
    expect(await current()).toMatchObject({
      digest: null,
      diff: [],
      issues: [{ path: 'spec.steps[0].weight', place: { file, line: 6, column: 21 } }],
    });
    home.write('mine.yaml', policyText('1h', 'another'));
    expect(await current()).toBeNull();
    home.write('mine.yaml', policyText('1h'));
    expect(await current()).toMatchObject({ digest: policy.digest, diff: [] });
  });

  function started(route: string): Promise<RolloutView> {
    return ask('POST', '/rollouts', { route, canaryUrl: toys[1]?.url, version: 'v2', policy: 'mine' });
  }
});
