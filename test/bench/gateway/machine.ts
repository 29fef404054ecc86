import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were taken on: nothing that names the machine or a folder of it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** Load average of the minute before: above 0.5, somebody else was at work. */
  readonly loadBefore: number;
  /** Share of CPU time that the hypervisor took away since the start. */
  stolen(): number;
}

export function machine(): Machine {
  const before = cpuTicks();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: /^\d+\.\d+/.exec(release())?.[0] ?? 'unknown',
    node: process.versions.node,
    loadBefore: loadavg()[0] ?? 0,
    stolen: () => {
      const now = cpuTicks();
      return (now.stolen - before.stolen) / Math.max(1, now.all - before.all);
    },
  };
}

/** proc(5): user, nice, system, idle, iowait, irq, softirq, steal. */
function cpuTicks(): { readonly all: number; readonly stolen: number } {
  const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? '';
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, value) => sum + value, 0), stolen: ticks[7] ?? 0 };
}
