import type { Log } from '../../problem/log.ts';
import type { RolloutChange, Store } from '../../store/store.ts';
import { Feed, type FeedParts } from './feed.ts';
import { type FollowParts, StoreFollower } from './follow-store.ts';
import { Publisher } from './publisher.ts';

export interface PublishingParts {
  readonly feed: Pick<Feed, 'interrupt'>;
  readonly publisher: Pick<Publisher, 'committed'>;
  readonly follower: Pick<StoreFollower, 'read'>;
  readonly log: Log;
}

/** A feed of everything that is written, by whatever writes through `store` and by other processes. */
export interface Publishing {
  readonly store: Store;
  readonly feed: Feed;
  readonly follower: StoreFollower;
}

export function publishing(
  store: Store,
  parts: FeedParts & Pick<FollowParts, 'leads' | 'everyMs' | 'log'>,
): Publishing {
  const feed = new Feed(parts);
  const publisher = new Publisher(feed);
  const follower = new StoreFollower({ ...parts, store, publisher });
  return { feed, follower, store: publishedStore(store, { feed, publisher, follower, log: parts.log }) };
}

/**
 * The same store, of which every successful write is published: ticks, people and the start all write through it. A write
 * that cannot be published has been made all the same: it is logged, and every reader of the feed gets a reset.
 */
export function publishedStore(store: Store, { feed, publisher, follower, log }: PublishingParts): Store {
  const committed = (change: RolloutChange) => {
    if (change.supersedes) publisher.committed(change.supersedes);
    publisher.committed(change);
  };
  const published = async <Answer>(writing: Promise<Answer>, publish: () => void = () => {}): Promise<Answer> => {
    const answer = await writing;
    try {
      publish();
      follower.read();
    } catch (error) {
      feed.interrupt();
      log({ what: 'eventNotPublished', level: 'error', error });
    }
    return answer;
  };
  const { rollouts, audit, consumers, tokens, stables, secretCheck } = store;
  return {
    ...store,
    rollouts: { ...rollouts, commit: (change) => published(rollouts.commit(change), () => committed(change)) },
    audit: { ...audit, append: (drafts) => published(audit.append(drafts)) },
    consumers: {
      ...consumers,
      change: (change, entry) => published(consumers.change(change, entry)),
    },
    tokens: {
      ...tokens,
      create: (token, entry) => published(tokens.create(token, entry)),
      revoke: (id, entry) => published(tokens.revoke(id, entry)),
    },
    stables: { ...stables, declare: (declarations, also) => published(stables.declare(declarations, also)) },
    secretCheck: {
      ...secretCheck,
      put: (value, kept, entries) => published(secretCheck.put(value, kept, entries)),
    },
  };
}
