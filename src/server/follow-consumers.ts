import type { SplitPort } from '../gateway/gateway.ts';
import type { ConsumerRule, ListedRule } from '../split/order.ts';
import type { ListedConsumer, Store } from '../store/store.ts';

/**
 * Puts the stored list of a route into force in the gateway; resolves once it is, and keeps it in `known`. One list per route at a time, each read when
 * its turn comes, so that a late list cannot replace a newer one. A list that is given was read a moment ago, and comes into force without the database.
 */
export function consumerFollower(
  store: Pick<Store, 'consumers'>,
  gateway: Pick<SplitPort, 'setConsumers'>,
  known: Map<string, readonly ListedRule[]>,
): (route: string, given?: readonly ListedConsumer[]) => Promise<void> {
  const turns = new Map<string, Promise<void>>();
  const follow = async (route: string, listed: readonly ListedConsumer[]) => {
    const rules = new Map<string, ConsumerRule>(listed.map(({ keyHash, rule }) => [keyHash, rule]));
    const names = new Map(listed.map(({ keyHash, name }) => [keyHash, name]));
    const dues = new Map(listed.flatMap(({ keyHash, due }) => (due === null ? [] : [[keyHash, due] as const])));
    await gateway.setConsumers(route, rules, names, dues);
    known.set(
      route,
      listed.map(({ name, rule }) => ({ name, rule })),
    );
  };
  return (route, given) => {
    const next = async () => follow(route, given ?? (await store.consumers.list(route)));
    const turn = (turns.get(route) ?? Promise.resolve()).then(next, next);
    turns.set(route, turn);
    return turn;
  };
}
