import { createServer } from 'node:http';
import fastProxy from 'fast-proxy';
import { ready } from './ready.mjs';

const { proxy } = fastProxy({ base: `http://127.0.0.1:${process.argv[2]}` });
const server = createServer((request, response) => proxy(request, response, request.url, {}));
server.listen(0, '127.0.0.1', 1_024, () => ready(server));
