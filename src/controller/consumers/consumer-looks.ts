import { utcDayOf } from '../../consumers/ledger/consumer-day.ts';
import type { ConsumersSeen, Evidence } from '../../rollout/evidence.ts';
import { asksWhoNeedsOld, type UnlistedTraffic, whoNeedsOld } from '../../rollout/needs/old-version.ts';
import type { RolloutRecord } from '../../rollout/record.ts';
import type { LedgerShares, ListedConsumer } from '../../store/store.ts';
import type { ControllerPorts } from '../ports.ts';

/** What the ledger says changes slowly, and takes a query over days: it is asked at every tenth look. */
const LEDGER_TICKS = 10;

/** Today and the six days before. */
const UNLISTED_DAYS = 7;
const DAY_MS = 86_400_000;

type Ports = Pick<ControllerPorts, 'store' | 'tickMs'>;

/**
 * The evidence with what is known of the consumers of the route, as long as rules decide for them or are about to.
 *
 * @param at database time, epoch ms
 */
export async function withConsumers(ports: Ports, { rollout, evidence }: RolloutRecord, at: number): Promise<Evidence> {
  const { kind } = rollout.stage;
  if ((kind !== 'internal' && kind !== 'step') || !asksWhoNeedsOld(rollout)) return evidence;
  const list = await ports.store.consumers.list(rollout.route);
  const before = evidence.consumers;
  const isDue = before === undefined || Math.abs(at - before.ledgerAt) >= LEDGER_TICKS * ports.tickMs;
  const ledger = isDue ? await askLedger(ports, { rollout, evidence }, list, at) : before;
  const consumers: ConsumersSeen = { ...ledger, needsOld: whoNeedsOld(rollout, list, ledger.needsOld.unlisted) };
  return { ...evidence, consumers };
}

async function askLedger(
  { store }: Ports,
  { rollout }: RolloutRecord,
  list: readonly ListedConsumer[],
  at: number,
): Promise<ConsumersSeen> {
  const isBounded = rollout.policy.spec.consumers.unlisted !== undefined;
  const day = utcDayOf(at - (UNLISTED_DAYS - 1) * DAY_MS);
  const unlisted = isBounded
    ? unlistedIn(await store.consumerLedger.shares(rollout.route, list, { day, largest: 0 }))
    : null;
  return { ledgerAt: at, needsOld: { listed: [], unlisted } };
}

function unlistedIn({ sums, unlisted }: LedgerShares): UnlistedTraffic {
  const requestsOf = (rows: LedgerShares['sums']) => rows.reduce((sum, { requests }) => sum + requests, 0);
  return {
    requests: requestsOf(sums.filter(({ kind }) => kind !== 'listed')),
    ofAll: requestsOf(sums),
    credentials: unlisted.credentials,
    days: UNLISTED_DAYS,
  };
}
