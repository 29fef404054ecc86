import type { LoadedConfig } from '../../config/load.ts';
import type { LoadedPolicy } from '../../policy/read.ts';
import type { Log } from '../../problem/log.ts';
import type { Issue, Problem } from '../../problem/problem.ts';
import type { Store } from '../../store/store.ts';

/** One sentence: what is as it should be, or what is worth a look. */
export interface Remark {
  readonly level: 'ok' | 'warning';
  readonly says: string;
  /** Where in serin.yaml to change it. */
  readonly issue?: Issue;
  /** A running Serin holds it already: all is well, and a second one is refused. */
  readonly taken?: Problem;
}

/** What keeps `serve` from starting. */
export interface Obstacle {
  readonly level: 'error';
  readonly problem: Problem;
}

/** What the checks look at. The file has already been read. */
export interface Checked {
  readonly file: string;
  readonly loaded: LoadedConfig;
  readonly policies: ReadonlyMap<string, LoadedPolicy>;
  readonly env: NodeJS.ProcessEnv;
  readonly dataFolder: string;
  /** `serve` creates what a first start creates; `doctor` only looks. */
  readonly purpose: 'serve' | 'doctor';
  /** Logs later failures of the database, while it stays open. */
  readonly log?: Log;
  /** What the database check found, for the checks after it. */
  readonly database: OpenedDatabase;
}

export interface OpenedDatabase {
  /** Null if it does not exist yet, could not be opened, or is held by a running Serin. */
  store: Store | null;
  /** Why another process has it, if so. */
  taken: Problem | null;
  /** An earlier check already refuses the start: create nothing for it. */
  isRefused: boolean;
}

/** Checked before anything starts, by `serve` and by `doctor`: only these may refuse a start. */
export interface Requirement {
  readonly name: string;
  readonly timeoutMs: number;
  run(checked: Checked, signal: AbortSignal): Promise<readonly (Remark | Obstacle)[]>;
}

/** What may change while Serin runs: `doctor` shows it, `serve` logs problems once it serves. */
export interface Advisory {
  readonly name: string;
  readonly timeoutMs: number;
  run(checked: Checked, signal: AbortSignal): Promise<readonly Remark[]>;
}

export type CheckFinding = { readonly check: string } & (Remark | Obstacle);
