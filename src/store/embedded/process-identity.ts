import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the fields after the command's name begin in /proc/<pid>/stat: state is field 3, the start time field 22. */
const STATE = 0;
const START_TIME = 22 - 3;

/** A process that has ended, and only waits for its parent to notice. */
const ENDED_STATES = new Set(['Z', 'X']);

/**
 * When the process `pid` started, as letters and digits, to tell it from a later process with the same number;
 * `unknown` if the system does not say, null if no such process is alive. Source: proc(5), ps(1).
 */
export async function processStart(pid: number): Promise<string | null> {
  return process.platform === 'linux' ? linuxStart(pid) : portableStart(pid);
}

async function linuxStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command's name may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ENDED_STATES.has(fields[STATE] ?? '') ? null : (fields[START_TIME] ?? 'unknown');
  } catch {
    // The process is gone, /proc does not exist, or it hides the processes of other users (hidepid).
    return portableStart(pid);
  }
}

async function portableStart(pid: number): Promise<string | null> {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: the process is alive, and belongs to another user.
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], { env });
    return stdout.replaceAll(/[^A-Za-z0-9]/g, '') || 'unknown';
  } catch {
    return 'unknown';
  }
}
