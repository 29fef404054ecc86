import { readFileSync } from 'node:fs';

/** USER_HZ: the unit of /proc is 10 ms on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

/** CPU time that the process and all its threads have used, ms (proc(5), fields 14 and 15 of stat). */
export function cpuMs(pid: number): number {
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
