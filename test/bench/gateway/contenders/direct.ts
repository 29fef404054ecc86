import type { Contender } from './contender.ts';

/** No proxy at all: what the generator and the upstream take by themselves. */
export const direct: Contender = {
  name: 'direct',
  family: 'none',
  about: 'no proxy: the clients ask the upstream itself',
  prepare: () => null,
  start: ({ upstreams }) => Promise.resolve({ port: upstreams[0], pid: process.pid, version: '-' }),
};
