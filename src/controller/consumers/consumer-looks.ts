import { DAY_MS, utcDayOf } from '../../consumers/ledger/consumer-day.ts';
import type { ConsumersSeen, Evidence } from '../../rollout/evidence.ts';
import { asksWhoNeedsOld, unlistedTraffic, whoNeedsOld } from '../../rollout/needs/old-version.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import type { ListedRule } from '../../split/order.ts';
import type { ListedConsumer } from '../../store/store.ts';
import type { ControllerPorts } from '../ports.ts';
import { compareMoved } from './own-pasts.ts';

/** What the ledger says changes slowly, and takes a query over days: it is asked at every tenth look. */
const LEDGER_TICKS = 10;

/** Today and the six days before. */
const UNLISTED_DAYS = 7;

type Ports = Pick<ControllerPorts, 'store' | 'tickMs' | 'listed' | 'followConsumers'>;

/**
 * The evidence with what is known of the consumers of the route, as long as rules decide for them or are about to.
 *
 * @param at database time, epoch ms
 */
export async function withConsumers(ports: Ports, { rollout, evidence }: RolloutRecord, at: number): Promise<Evidence> {
  const { kind } = rollout.stage;
  if ((kind !== 'internal' && kind !== 'step') || !asksWhoNeedsOld(rollout)) return evidence;
  const list = await ports.store.consumers.list(rollout.route);
  // A list that another process changed, or whose change did not reach the gateway.
  if (!isInForce(ports.listed(rollout.route), list)) await ports.followConsumers(rollout.route);
  const before = evidence.consumers;
  const onCanary = new Set(list.filter(({ rule }) => rule === 'canary').map(({ name }) => name));
  // Nobody is told of one that was moved meanwhile as if it had been compared.
  const isMoved = kind === 'step' && (before?.compared?.moved ?? 0) !== onCanary.size;
  const isDue = before === undefined || isMoved || Math.abs(at - before.ledgerAt) >= LEDGER_TICKS * ports.tickMs;
  const ledger = isDue ? await askLedger(ports, { rollout, evidence }, list, at) : before;
  const { worse = [], ...seen } = ledger;
  const stillMoved = worse.filter(({ name }) => onCanary.has(name));
  const consumers: ConsumersSeen = {
    ...seen,
    needsOld: whoNeedsOld(rollout, list, ledger.needsOld.unlisted),
    ...(stillMoved.length === 0 ? {} : { worse: stillMoved }),
  };
  return { ...evidence, consumers };
}

function isInForce(known: readonly ListedRule[], list: readonly ListedConsumer[]): boolean {
  const rules = new Map(known.map(({ name, rule }) => [name, rule]));
  return known.length === list.length && list.every(({ name, rule }) => rules.get(name) === rule);
}

async function askLedger(
  ports: Ports,
  record: RolloutRecord,
  list: readonly ListedConsumer[],
  at: number,
): Promise<ConsumersSeen> {
  const { store } = ports;
  const { rollout } = record;
  const isBounded = rollout.policy.spec.consumers.unlisted !== undefined;
  const day = utcDayOf(at - (UNLISTED_DAYS - 1) * DAY_MS);
  const shares = isBounded ? await store.consumerLedger.shares(rollout.route, list, { day, largest: 0 }) : null;
  const unlisted = shares && unlistedTraffic(shares.sums, shares.unlisted.credentials, UNLISTED_DAYS);
  return { ledgerAt: at, needsOld: { listed: [], unlisted }, ...(await compareMoved(ports, record, list, at)) };
}
