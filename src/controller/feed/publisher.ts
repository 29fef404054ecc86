import type { AuditEntry, RolloutRecord } from '../../rollout/record.ts';
import type { RolloutChange } from '../../store/store.ts';
import { decided, looked, rolloutChanged } from './change-event.ts';
import type { Feed } from './feed.ts';

/** Rollouts of which is remembered what was said last; ten times as many as run at once in a large installation. */
const MOST_ROLLOUTS = 2_000;

type Committed = Pick<RolloutChange, 'rollout' | 'evidence' | 'leaseEpoch'>;

/** Says what is new of what was committed or read: each change once, from whichever of both it comes. */
export class Publisher {
  private readonly feed: Pick<Feed, 'publish'>;
  /** By rollout; the one that changed last comes last. */
  private readonly said = new Map<string, { readonly version: number; readonly lookedAt: number }>();

  constructor(feed: Pick<Feed, 'publish'>) {
    this.feed = feed;
  }

  /** Rollouts as they are before anybody listens. */
  begin(records: readonly RolloutRecord[]): void {
    for (const record of records) this.remember(record);
  }

  /** A commit that succeeded. A person's resets what was seen at the last look, and is none. */
  committed({ rollout, evidence, leaseEpoch }: Committed): void {
    const said = this.said.get(rollout.id);
    this.say({ rollout, evidence }, leaseEpoch !== null && evidence.lookedAt !== said?.lookedAt);
  }

  /** A rollout as the database has it. */
  read(record: RolloutRecord): void {
    const { rollout, evidence } = record;
    const said = this.said.get(rollout.id);
    // Whoever overrides may write an older look over a newer one, and the clock may be set back; only the first has a new version.
    const isLook = said
      ? evidence.lookedAt > said.lookedAt || (evidence.lookedAt < said.lookedAt && rollout.version === said.version)
      : evidence.verdict !== null;
    this.say(record, isLook);
  }

  decided(entry: AuditEntry): void {
    for (const event of decided(entry)) this.feed.publish(event);
  }

  /** One that is older than what was said comes from a read that a commit has overtaken. */
  private say(record: RolloutRecord, isLook: boolean): void {
    const { id, version } = record.rollout;
    const said = this.said.get(id);
    if (said && version < said.version) return;
    if (isLook) this.feed.publish(looked(record));
    if (version !== said?.version) this.feed.publish(rolloutChanged(record));
    this.remember(record);
  }

  private remember({ rollout, evidence }: RolloutRecord): void {
    this.said.delete(rollout.id);
    this.said.set(rollout.id, { version: rollout.version, lookedAt: evidence.lookedAt });
    for (const [oldest] of this.said) {
      if (this.said.size <= MOST_ROLLOUTS) break;
      this.said.delete(oldest);
    }
  }
}
