import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { proxy } from 'hono/proxy';
import { ready } from './ready.mjs';

const upstream = `http://127.0.0.1:${process.argv[2]}`;
const app = new Hono();
app.all('*', (c) => {
  const { pathname, search } = new URL(c.req.url);
  return proxy(`${upstream}${pathname}${search}`, c.req);
});
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => ready(server));
