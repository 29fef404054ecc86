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
  const published =
    <A extends readonly unknown[], R>(write: (...args: A) => Promise<R>, publish: (...args: A) => void = () => {}) =>
    async (...args: A): Promise<R> => {
      const answer = await write(...args);
      try {
        publish(...args);
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
    rollouts: { ...rollouts, commit: published(rollouts.commit, committed) },
    audit: { ...audit, append: published(audit.append) },
    consumers: { ...consumers, put: published(consumers.put), remove: published(consumers.remove) },
    tokens: { ...tokens, create: published(tokens.create), revoke: published(tokens.revoke) },
    stables: { ...stables, forget: published(stables.forget) },
    secretCheck: { ...secretCheck, put: published(secretCheck.put) },
  };
}
