import type { LoadedConfig } from '../../config/load.ts';
import type { LoadedPolicy } from '../../policy/read.ts';
import type { Log } from '../../problem/log.ts';
import type { Issue, Problem } from '../../problem/problem.ts';
import type { Store } from '../../store/store.ts';

/** In one sentence what is as it should be, or what is worth a look. */
export interface Remark {
  readonly level: 'ok' | 'warning';
  readonly says: string;
  /** Where in serin.yaml it can be changed. */
  readonly issue?: Issue;
  /** A Serin that runs has it already: all is well, and a second one is refused. */
  readonly taken?: Problem;
}

/** What keeps `serve` from starting. */
export interface Obstacle {
  readonly level: 'error';
  readonly problem: Problem;
}

/** What the checks look at. The file has been read by then. */
export interface Checked {
  readonly file: string;
  readonly loaded: LoadedConfig;
  readonly policies: ReadonlyMap<string, LoadedPolicy>;
  readonly env: NodeJS.ProcessEnv;
  readonly dataFolder: string;
  /** `serve` makes what a first start makes; `doctor` only looks. */
  readonly purpose: 'serve' | 'doctor';
  /** Logs what happens to the database later, while it stays open. */
  readonly log?: Log;
  /** What the check of the database found for those after it. */
  readonly database: OpenedDatabase;
}

export interface OpenedDatabase {
  /** Null where there is none yet, it could not be opened, or a Serin that runs has it. */
  store: Store | null;
  /** Why it is another process's, when it is. */
  taken: Problem | null;
  /** An earlier check refuses the start already: nothing is made for it. */
  isRefused: boolean;
}

/** Checked before anything starts, by `serve` and by `doctor`: only these may refuse a start. */
export interface Requirement {
  readonly name: string;
  readonly timeoutMs: number;
  run(checked: Checked, signal: AbortSignal): Promise<readonly (Remark | Obstacle)[]>;
}

/** What may change while Serin runs: `doctor` shows it, `serve` logs what is not well once it serves. */
export interface Advisory {
  readonly name: string;
  readonly timeoutMs: number;
  run(checked: Checked, signal: AbortSignal): Promise<readonly Remark[]>;
}

export type CheckFinding = { readonly check: string } & (Remark | Obstacle);
