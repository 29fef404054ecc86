import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';
import { ready } from './ready.mjs';

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, agent });
const server = createServer((request, response) => proxy.web(request, response));
server.listen(0, '127.0.0.1', 1_024, () => ready(server));
