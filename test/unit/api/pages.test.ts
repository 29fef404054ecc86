import { describe, expect, it } from 'vitest';
import { controlApi } from '../../../src/api/control-api.ts';
import { PAGE_POLICY } from '../../../src/api/pages/dashboard-routes.ts';
import type { DashboardFiles } from '../../../src/api/pages/page-file.ts';
import { fakeControl } from '../../support/fake-control.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const FILES: DashboardFiles = {
  shell: { contentType: 'text/html; charset=utf-8', bytes: bytes('<!doctype html>') },
  assets: new Map([
    ['/assets/index-C_KA0uzY.js', { contentType: 'text/javascript; charset=utf-8', bytes: bytes('1') }],
    ['/assets/icon.svg', { contentType: 'image/svg+xml', bytes: bytes('<svg/>') }],
  ]),
};
const get = (path: string, dashboard: DashboardFiles | null = FILES) =>
  controlApi(fakeControl(), { dashboard }).request(`http://127.0.0.1:7780${path}`);

describe('the pages', () => {
  it.each([
    '/',
    '/ui',
    '/ui/',
    '/ui/routes/pay',
    '/ui/rollouts/019ac1d4-6b0e-7c51-9a77-2f0d8e41c2c2/report',
    '/ui/audit?x=1.5',
  ])('begin with the shell at %s, without a token', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('<!doctype html>');
    expect(response.headers.get('content-security-policy')).toBe(PAGE_POLICY);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/ui/index.php', '/assets/index-00000000.js', '/assets/..%2f..%2fpackage.json', '/assets/', '/favicon.ico'])(
    'are not at %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    },
  );

  it('keep for ever what has a hash in its name, and nothing else', async () => {
    expect((await get('/assets/index-C_KA0uzY.js')).headers.get('cache-control')).toMatch(/immutable/);
    expect((await get('/assets/icon.svg')).headers.get('cache-control')).toBe('no-cache');
  });

  it('say that they were not built, where they were not', async () => {
    const response = await get('/', null);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('npm run build') });
  });

  it('are not for another host', async () => {
    const api = controlApi(fakeControl(), { dashboard: FILES });
    expect((await api.request('http://evil.example/')).status).toBe(421);
  });
});
