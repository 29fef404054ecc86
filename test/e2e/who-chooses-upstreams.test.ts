import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToyUpstream } from '../../src/demo/toy-upstream.ts';
import { toy } from '../support/cast.ts';
import { type Home, makeHome, type ServerProcess, serin, startServerProcess } from '../support/server-process.ts';

const ROLES = ['viewer', 'scorer', 'operator', 'admin'] as const;
type Role = (typeof ROLES)[number];

let home: Home;
let server: ServerProcess;
const toys: ToyUpstream[] = [];
const tokens = new Map<Role, string>();

/** A request of the control API over its real listener. */
async function ask(role: Role, method: 'GET' | 'POST', path: string, body?: object) {
  const answer = await fetch(`${server.controlUrl}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens.get(role)}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const said = (await answer.json()) as { readonly id?: string; readonly detail?: string };
  return { status: answer.status, ...said };
}

const portOf = (url: string) => new URL(url).port;
const start = (role: Role, canaryUrl: string, version: string, route = 'shop') =>
  ask(role, 'POST', '/rollouts', { route, canaryUrl, version, reason: 'a test', replace: true });

beforeAll(async () => {
  for (const version of ['v1', 'v2']) toys.push(await toy(version));
  home = makeHome(`gateway: { listen: 127.0.0.1:0, readiness: 127.0.0.1:0, timeouts: { notice: 0s } }
control: { listen: 127.0.0.1:0 }
upstreams: [127.0.0.1, canary.test]
routes:
  - { name: shop, path: /shop, stable: { url: "${toys[0]?.url}", version: v1 }, policy: standard }
`);
  server = await startServerProcess(home);
  tokens.set('admin', home.token());
  for (const role of ['viewer', 'scorer', 'operator'] as const) {
    const made = await fetch(`${server.controlUrl}/api/v1/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${home.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: role, role, reason: 'a test' }),
    });
    tokens.set(role, ((await made.json()) as { readonly token: string }).token);
  }
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  for (const { close } of toys) await close();
  home.remove();
});

/** Names of properties and parameters anywhere in a description. */
function namesIn(described: unknown): readonly string[] {
  if (Array.isArray(described)) return described.flatMap(namesIn);
  if (typeof described !== 'object' || described === null) return [];
  const { properties = {}, name } = described as { readonly properties?: object; readonly name?: unknown };
  return [
    ...Object.keys(properties),
    ...(typeof name === 'string' ? [name] : []),
    ...Object.values(described).flatMap(namesIn),
  ];
}

/** Every place by every role: what the answer is, and what it says. */
const PLACES = {
  'an allowed address': { url: () => toys[1]?.url ?? '', operator: 201, admin: 201, says: undefined },
  'a place that only an admin may name': {
    url: () => (toys[1]?.url ?? '').replace('127.0.0.1', 'localhost'),
    operator: 403,
    admin: 201,
    says: /an operator may not use an upstream at localhost; serin\.yaml allows operators 127\.0\.0\.1, canary\.test: add it/,
  },
  'the control API, at an allowed address': {
    url: () => server.controlUrl,
    operator: 409,
    admin: 409,
    says: /127\.0\.0\.1:\d+ is Serin's own control API, where no upstream may be/,
  },
  'the control API, in another form': {
    url: () => `http://[::ffff:127.0.0.1]:${portOf(server.controlUrl)}/`,
    operator: 409,
    admin: 409,
    says: /\[::ffff:7f00:1\]:\d+ is Serin's own control API/,
  },
  'the gateway': { url: () => server.gatewayUrl, operator: 409, admin: 409, says: /:\d+ is Serin's own gateway/ },
  'the listener for balancers': {
    url: () => `http://127.0.0.1:${/"readinessPort":(\d+)/.exec(server.output())?.[1]}`,
    operator: 409,
    admin: 409,
    says: /:\d+ is Serin's own listener for load balancers/,
  },
  'a metadata address': { url: () => 'http://[fd00:ec2::23]', operator: 403, admin: 409, says: /fd00:ec2::23/ },
} as const;

describe('who may name which upstream', () => {
  const cases = Object.entries(PLACES).flatMap(([place, { url, says, ...statuses }]) =>
    ROLES.map((role) => ({ place, role, url, says, status: { ...statuses, viewer: 403, scorer: 403 }[role] })),
  );

  it.each(cases)('$role, $place: $status', async ({ place, role, url, says, status }) => {
    const answer = await start(role, url(), `${role}-${place.replace(/\W+/g, '-')}`);
    expect([answer.status, answer.detail]).toEqual([
      status,
      status === 201
        ? undefined
        : role === 'viewer' || role === 'scorer'
          ? expect.stringContaining('needs the role')
          : expect.stringMatching(says ?? /^$/),
    ]);
  });

  it('an operator does not try again where only an admin may', async () => {
    const url = (toys[1]?.url ?? '').replace('127.0.0.1', 'localhost');
    const { id } = await start('admin', url, 'tried-again');
    expect((await ask('operator', 'POST', `/rollouts/${id}/rollback`, { reason: 'a test' })).status).toBe(200);
    expect(await ask('operator', 'POST', `/rollouts/${id}/retry`, { reason: 'a test' })).toMatchObject({
      status: 403,
      detail: expect.stringContaining('an operator may not use an upstream at localhost'),
    });
    expect((await ask('admin', 'POST', `/rollouts/${id}/retry`, { reason: 'a test' })).status).toBe(201);
  });

  it('no other request of the API takes an address', async () => {
    const { paths } = (await (await fetch(`${server.controlUrl}/openapi.json`)).json()) as {
      readonly paths: Record<string, Record<string, { readonly parameters?: unknown; readonly requestBody?: unknown }>>;
    };
    const taken = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { parameters, requestBody }]) =>
        namesIn([parameters, requestBody])
          .filter((name) => /ur[il]|host|address|endpoint|upstream|server/i.test(name))
          .map((name) => `${method.toUpperCase()} ${path} ${name}`),
      ),
    );
    expect(taken).toEqual(['POST /api/v1/rollouts canaryUrl']);
    const bodies = Object.values(paths).flatMap((methods) => Object.values(methods).map((one) => one.requestBody));
    expect(JSON.stringify(bodies)).not.toContain('$ref');
  });

  it('the command line says it, and exits with 1', async () => {
    const args = ['start', 'shop', '--canary', 'http://10.0.0.1', '--version-name', 'v9', '--reason', 'a test'];
    const env = { SERIN_SERVER: server.controlUrl, SERIN_TOKEN: tokens.get('operator') };
    const { code, stderr } = await serin(args, { cwd: home.folder, env });
    expect([code, stderr]).toEqual([1, expect.stringContaining('an operator may not use an upstream at 10.0.0.1')]);
  });
});

it('a stable that is Serin itself is refused by doctor and by serve, with its place', async () => {
  const made = makeHome(`gateway: { listen: 127.0.0.1:8080 }
routes:
  - { name: shop, stable: "http://localhost:8080", policy: standard }
`);
  try {
    for (const command of ['doctor', 'serve']) {
      const { code, stdout, stderr } = await serin([command, '-c', made.configFile], { cwd: made.folder });
      expect([code, `${stdout}${stderr}`]).toEqual([
        2,
        expect.stringMatching(/serin\.yaml:3:\d+ .*the stable of route shop is Serin itself: gateway\.listen is 127/),
      ]);
    }
  } finally {
    made.remove();
  }
});
