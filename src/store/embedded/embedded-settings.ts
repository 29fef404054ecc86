/**
 * Flags of Node for the processes that run PGlite. Its module is 9 MB: the optimising compiler would take 300 to 400 MB
 * for it, and what it runs here are a few statements a second. Setting the flag at run time has no effect.
 */
export const NODE_FLAGS = ['--liftoff-only', '--max-semi-space-size=1', '--optimize-for-size', '--expose-gc'];

/** One heap of glibc for all threads of such a process: its other threads have little to do, and 6 MB of heaps of their own. */
export const ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };

/** Postgres asks for 128 MB of buffers by default; a Serin's rows fit into 4. */
export const SHARED_BUFFERS = 'shared_buffers=4MB';

export const START_PARAMETERS = ['-c', SHARED_BUFFERS];
