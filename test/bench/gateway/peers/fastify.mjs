import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { ready } from './ready.mjs';

const app = fastify();
await app.register(httpProxy, {
  upstream: `http://127.0.0.1:${process.argv[2]}`,
  undici: { connections: 128, pipelining: 1 },
});
await app.listen({ port: 0, host: '127.0.0.1' });
ready(app.server);
