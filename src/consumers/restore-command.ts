import type { ScopeVerb } from '../rollout/acts/scope.ts';
import type { Actor } from '../rollout/event.ts';
import type { AuditEntry } from '../rollout/record.ts';
import type { PutBackPart } from '../rollout/restore/rollout-restore.ts';
import type { ToldChange } from './told-change.ts';

export interface RestoreCommand {
  readonly route: string;
  /** The entry of the audit whose before is put back. */
  readonly to: number;
  readonly reason: string;
  /** What was shown, by its tag; null for whatever is there. */
  readonly expectedTag: string | null;
  /** Throws where whoever asks may not use one of these. */
  readonly permit: (verbs: readonly ScopeVerb[]) => void;
}

/** What a restore does to the configuration of a route, or did. */
export interface ToldRestore {
  /** Identifies what it was computed from. */
  readonly tag: string;
  /** Whose before is put back. */
  readonly entry: AuditEntry;
  /** The rollout that runs, with what changes of it; null where none had begun then, or none runs. */
  readonly rollout: { readonly id: string; readonly version: number; readonly parts: readonly PutBackPart[] } | null;
  readonly consumers: ToldChange['changes'];
  /** Finished sentences. */
  readonly says: readonly string[];
  /** What stays although it may differ, each in a sentence. */
  readonly left: readonly string[];
  /** By which a person would do all of it without a restore. */
  readonly verbs: readonly ScopeVerb[];
  /** What a second person types, where the policy takes one and nobody has asked for it yet; null where it is done at once. */
  readonly asked: string | null;
  /** Its own entry of the audit; null where nothing was done. */
  readonly seq: number | null;
}

/** Puts back the configuration of a route. Every method throws Problem('not-found') for an entry that is not of the route. */
export interface RestoreControl {
  /** Writes nothing. */
  preview(route: string, to: number, by: Actor): Promise<ToldRestore>;
  /** Throws Problem('stale') where the tag is of something else. */
  restore(command: RestoreCommand, by: Actor): Promise<ToldRestore>;
}
