import { readFileSync } from 'node:fs';

/** Memory of a process and of those that it has started, MB. */
export interface Resident {
  /**
   * Memory of their own, and the pages of files that both map (Node itself, its libraries) once: what a container is
   * charged for.
   */
  readonly charged: number;
  /** The sum of RSS, where Node's own pages count for each process. */
  readonly rss: number;
  /** The sum of PSS, where they are shared with every other Node on the machine: lower on a busy one. */
  readonly pss: number;
  readonly processes: readonly ProcessMemory[];
}

interface ProcessMemory {
  readonly rss: number;
  readonly own: number;
  readonly pss: number;
}

const KB_PER_MB = 1024;

export function residentOf(pid: number): Resident {
  const processes = family(pid).flatMap((member) => memoryOf(member) ?? []);
  const sum = (of: (memory: ProcessMemory) => number) => processes.reduce((total, memory) => total + of(memory), 0);
  const files = Math.max(0, ...processes.map(({ rss, own }) => rss - own));
  return { charged: sum(({ own }) => own) + files, rss: sum(({ rss }) => rss), pss: sum(({ pss }) => pss), processes };
}

/** Follows the most that was ever resident, until `stop`. A moment shorter than the interval is missed. */
export function watchPeak(pid: number, everyMs = 20): { stop(): Resident } {
  let peak = residentOf(pid);
  const timer = setInterval(() => {
    const now = residentOf(pid);
    if (now.charged > peak.charged) peak = now;
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

function family(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean);
    return [pid, ...children.flatMap((child) => family(Number(child)))];
  } catch {
    return [];
  }
}

/** proc(5), smaps_rollup; null for a process that has ended. */
function memoryOf(pid: number): ProcessMemory | null {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / KB_PER_MB;
    return { rss: field('Rss'), own: field('Anonymous'), pss: field('Pss') };
  } catch {
    return null;
  }
}
