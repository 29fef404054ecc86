import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig, loadPolicies } from '../src/config/load.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const exists = (path: string) => existsSync(`${root}${path}`);

const healthcheck = z.object({ test: z.array(z.string()) });
const service = z.object({
  image: z.string(),
  build: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  healthcheck: healthcheck.optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});

const text = read('docker-compose.yml');
const document: unknown = parse(text, { merge: true });
const { services, volumes } = z
  .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) })
  .parse(document);
const all = Object.entries(services).map(([name, declared]) => ({ name, ...declared }));
const mounts = all.flatMap(({ volumes }) => volumes.map((volume) => volume.split(':', 2)));

describe('docker-compose.yml', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const valid = ajv.compile(JSON.parse(read('test/support/compose-spec.json')));

  it('is a valid Compose file', () => {
    expect(valid(document), ajv.errorsText(valid.errors)).toBe(true);
  });

  it('would not be valid with a misspelt key', () => {
    expect(valid({ services: { serin: { image: 'serin', helthcheck: {} } } })).toBe(false);
  });

  it('mounts only what is in the repository, and volumes that it declares', () => {
    for (const [source = ''] of mounts) {
      expect(source.startsWith('./') ? exists(source) : source in volumes, source).toBe(true);
    }
    expect(Object.keys(volumes).filter((volume) => !mounts.some(([source]) => source === volume))).toEqual([]);
  });

  it('takes every image by a tag that says which', () => {
    for (const { image } of all) expect(image).toMatch(/^[a-z/]+:(?!latest$)[\w.-]+$/);
    const built = all.filter(({ build }) => build !== undefined);
    expect(built.map(({ name, build }) => [name, build, exists('Dockerfile')])).toEqual([['serin', '.', true]]);
  });

  it('starts only programs that the build makes', () => {
    const programs = all.flatMap(({ entrypoint = [] }) => entrypoint.filter((word) => word.startsWith('dist/')));
    expect(programs).toHaveLength(2);
    for (const program of programs) expect(exists(sourceOf(program)), program).toBe(true);
  });

  it('waits only for services that tell whether they are well', () => {
    for (const { depends_on } of all) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect([condition, services[name]?.healthcheck]).toEqual(['service_healthy', expect.anything()]);
      }
    }
  });

  it('publishes everything but the gateway to the loopback address only', () => {
    const open = all.flatMap(({ ports }) => ports).filter((port) => !port.startsWith('127.0.0.1:'));
    expect(open).toEqual(['8080:8080']);
    expect(services['serin']?.ports).toContain('127.0.0.1:7780:7780');
  });

  it('explains every variable that it takes from the environment', () => {
    const taken = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    const explained = [...text.matchAll(/^# {3}([A-Z_]+) {2,}\S/gm)].map(([, name]) => name);
    expect(taken).toEqual(new Set(explained));
  });

  it('gives Serin only variables that Serin reads', () => {
    const known = read('src/problem/given-variable.ts');
    const given = Object.keys(services['serin']?.environment ?? {});
    expect(given).toContain('DATABASE_URL');
    for (const name of given) expect(known).toContain(`  ${name}: `);
  });
});

describe('the files in deploy/', () => {
  it('hold a configuration that Serin accepts, with the control API inside the network of the containers', () => {
    const loaded = loadConfig(`${root}deploy/serin.yaml`, {});
    expect(loaded.config.control.listen).toEqual({ host: '0.0.0.0', port: 7780 });
    expect(loaded.config.gateway.listen.port).toBe(8080);
    expect([...loadPolicies(loaded).keys()]).toContain(loaded.config.routes[0]?.policy);
    expect(mounts).toContainEqual(['serin-data', loaded.config.dataFolder]);
  });

  it('name only hosts of the Compose file, at the ports they listen on', () => {
    const ports: Record<string, string> = {
      serin: '7780',
      alertmanager: '9093',
      'toy-stable': '9001',
      localhost: '9090',
    };
    const files = ['deploy/serin.yaml', 'deploy/prometheus.yml'].map(read).join('');
    const named = [...files.matchAll(/\b([a-z-]+):(\d{4})\b/g)].map(([, host = '', port]) => [host, port]);
    expect(named).toHaveLength(4);
    for (const [host = '', port] of named) expect(ports[host], host).toBe(port);
  });

  it('alert only on metrics that Serin exposes', () => {
    const exposed = ['exposition', 'rollout-metrics', 'controller-metrics']
      .map((name) => `src/exposition/${name}.ts`)
      .map(read)
      .join('');
    const asked = new Set(read('deploy/alerts.yml').match(/\bserin_\w+/g));
    expect(asked.size).toBeGreaterThan(0);
    for (const metric of asked) expect(exposed).toContain(`'${metric}'`);
  });

  it('send alerts to a receiver that there is', () => {
    const { route, receivers } = z
      .object({ route: z.object({ receiver: z.string() }), receivers: z.array(z.object({ name: z.string() })) })
      .parse(parse(read('deploy/alertmanager.yml')));
    expect(receivers.map(({ name }) => name)).toContain(route.receiver);
  });
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  const copies = lines.filter((line) => line.startsWith('COPY ') && !line.includes('--from='));
  const copied = copies.flatMap((line) => line.split(' ').slice(1, -1)).map((path) => posix.normalize(path));

  it('copies what is in the repository, and .dockerignore lets in just that', () => {
    for (const path of copied) expect(exists(path), path).toBe(true);
    const ignore = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignore[0]).toBe('*');
    expect(new Set(ignore.slice(1))).toEqual(new Set(copied.map((path) => `!${path}`)));
  });

  it('is healthy while the gateway may have traffic, which takes no database', () => {
    const check = lines.find((line) => line.startsWith('HEALTHCHECK')) ?? '';
    expect(check).toContain('/readyz?of=gateway');
    expect(services['serin']?.healthcheck).toBeUndefined();
  });

  it('starts a program that the build makes, as nobody in particular', () => {
    const entry = lines.find((line) => line.startsWith('ENTRYPOINT')) ?? '';
    expect(exists(sourceOf(/dist\/[\w/-]+\.js/.exec(entry)?.[0] ?? '')), entry).toBe(true);
    expect(lines).toContain('USER node');
  });
});

function sourceOf(program: string): string {
  return program.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts');
}
