import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of /proc is 10 ms on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

const NS_PER_MS = 1e6;

/** CPU time that the threads of a process have used, ms; what those have used that are gone is left out. */
export function cpuMs(pid: number): number {
  return scheduledMs(pid) ?? tickedMs(pid);
}

/** The same of its main thread alone. */
export function mainThreadCpuMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[0]) / NS_PER_MS;
}

/** To the nanosecond, where the kernel says so (first field of schedstat). */
function scheduledMs(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const used = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'latin1').split(' ')[0]));
    return used.reduce((sum, ns) => sum + ns, 0) / NS_PER_MS;
  } catch {
    return null;
  }
}

/** To the tick (proc(5), fields 14 and 15 of stat). */
function tickedMs(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

export function residentBytes(pid: number): number {
  return Number(statFields(pid)[21]) * PAGE_BYTES;
}

/** The fields behind the command's name, which may itself hold spaces and brackets: state is the first. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
