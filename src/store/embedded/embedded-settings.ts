/**
 * Node flags for the processes that run PGlite. Its module is 9 MB: the optimising compiler would take 300 to 400 MB
 * for it, and it only runs a few statements a second. Setting the flag at run time has no effect.
 */
export const NODE_FLAGS = ['--liftoff-only', '--max-semi-space-size=1', '--optimize-for-size', '--expose-gc'];

/** One glibc heap for all threads of such a process: its other threads do little, and their own heaps would take 6 MB. */
export const ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };

/** Postgres takes 128 MB of buffers by default; the rows of a Serin fit into 4. */
export const SHARED_BUFFERS = 'shared_buffers=4MB';

export const START_PARAMETERS = ['-c', SHARED_BUFFERS];
