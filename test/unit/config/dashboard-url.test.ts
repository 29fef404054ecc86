import { expect, it } from 'vitest';
import { dashboardUrl } from '../../../src/config/declared-listeners.ts';

it.each([
  [undefined, '127.0.0.1', 'http://127.0.0.1:7780/ui/'],
  [undefined, '0.0.0.0', 'http://127.0.0.1:7780/ui/'],
  [undefined, '::', 'http://[::1]:7780/ui/'],
  [undefined, 'localhost', 'http://localhost:7780/ui/'],
  ['https://serin.example.com', '0.0.0.0', 'https://serin.example.com/ui/'],
])('the dashboard of %s on %s is at %s', (publicUrl, host, url) => {
  expect(dashboardUrl(publicUrl, { host, port: 7_780 })).toBe(url);
});
