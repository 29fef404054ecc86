import type { Deed } from './acts/deed.ts';
import type { Preview } from './acts/outcome.ts';
import type { Actor, OverrideEvent } from './event.ts';
import type { RolloutRecord } from './record.ts';

export interface StartCommand {
  readonly route: string;
  /** URL and name of the new version. The name defaults to the last path segment or host of the URL. */
  readonly canaryUrl: string;
  readonly version?: string;
  /** Name of a policy other than the route's own. */
  readonly policy?: string;
  readonly reason: string;
  /** Supersedes the running rollout. */
  readonly replace: boolean;
  /** Starts a version that was rolled back earlier. */
  readonly force: boolean;
}

export interface Started {
  readonly record: RolloutRecord;
  /** False when the same canary and policy are already running; the result is then the running rollout. */
  readonly created: boolean;
}

/** The operator commands, with the same transition and commit as a tick. Every method throws Problem. */
export interface RolloutCommands {
  start(command: StartCommand, by: Actor): Promise<Started>;
  /** `expectedVersion` (from If-Match) makes it fail with Problem('stale') when the rollout has moved on. */
  override(
    id: string,
    event: OverrideEvent,
    by: Actor,
    reason: string,
    expectedVersion: number | null,
  ): Promise<RolloutRecord>;
  /** A new attempt of an ended rollout: same canary, same policy name, fresh evidence. */
  retry(id: string, by: Actor, reason: string): Promise<RolloutRecord>;
  /** Re-reads the policy and restarts the evidence under it. */
  rebase(id: string, by: Actor, reason: string, expectedVersion: number | null): Promise<RolloutRecord>;
  /** What a verb would do now; writes nothing. `reason` is null where none is given yet. */
  preview(id: string, deed: Deed, by: Actor, reason: string | null): Promise<Preview>;
}
