import { isRecord } from '../../policy/is-record.ts';
import { type KeyKind, MOST_NAMED_ADDRESSES } from '../../stats/block.ts';
import { isAmount, isCount, show } from '../shape.ts';

const KEY_KINDS: Readonly<Record<KeyKind, true>> = {
  header: true,
  cookie: true,
  consumer: true,
  'client-address': true,
};
const HIGHEST_STATUS = 999;

/** What is wrong with how a block says that its traffic was assigned, which may be omitted. */
export function faultOfAssignment(assignment: unknown, name: string): string | null {
  if (assignment === undefined || assignment === 'per-request' || assignment === 'by-key') return null;
  return `${name} is ${show(assignment)}, not per-request or by-key`;
}

/** What is wrong with the reading of a block's sticky keys, which may be omitted. */
export function faultOfKeys(keys: unknown): string | null {
  if (keys === undefined) return null;
  if (!isRecord(keys)) return `keys is ${show(keys)}, not a reading of keys`;
  const { requests, squares, heaviest } = keys;
  if (!isCount(requests)) return `keys.requests is ${show(requests)}, not a count`;
  if (!isAmount(squares)) return `keys.squares is ${show(squares)}, not a sum of squares`;
  if (heaviest === null) return null;
  if (!isRecord(heaviest)) return `keys.heaviest is ${show(heaviest)}, not a key`;
  const { kind, name } = heaviest;
  if (typeof kind !== 'string' || !Object.hasOwn(KEY_KINDS, kind)) {
    return `keys.heaviest.kind is ${show(kind)}, not a kind of key`;
  }
  if (name !== null && typeof name !== 'string') return `keys.heaviest.name is ${show(name)}, not a name`;
  if (isCount(heaviest['requests']) && heaviest['requests'] <= requests) return null;
  return `keys.heaviest.requests is ${show(heaviest['requests'])}, not a count of its requests`;
}

/** What is wrong with the counts of the worst unit, which may be omitted. */
export function faultOfWorstUnit(worst: unknown): string | null {
  if (worst === undefined) return null;
  const isPart = isRecord(worst) && isCount(worst['requests']) && isCount(worst['errors']);
  return isPart && Number(worst['errors']) <= Number(worst['requests'])
    ? null
    : `worstUnit is ${show(worst)}, not requests and errors`;
}

/** What is wrong with how a block names the young addresses of a version. */
export function faultOfAddresses(young: unknown, name: string): string | null {
  if (!isRecord(young)) return `${name} is ${show(young)}, not the answers of young addresses`;
  const { addresses, count, until } = young;
  const isNamed = Array.isArray(addresses) && addresses.length > 0 && addresses.length <= MOST_NAMED_ADDRESSES;
  if (!isNamed || !addresses.every((address) => typeof address === 'string')) {
    return `${name}.addresses is ${show(addresses)}, not 1 to ${MOST_NAMED_ADDRESSES} addresses`;
  }
  if (!isCount(count) || count < addresses.length) return `${name}.count is ${show(count)}, not a count of addresses`;
  return Number.isFinite(until) ? null : `${name}.until is ${show(until)}, not a time`;
}

/** What is wrong with the answers of a tally by endpoint and status, which may be omitted. */
export function faultOfAnswers(answers: unknown, name: string): string | null {
  if (answers === undefined) return null;
  if (!Array.isArray(answers)) return `${name} is ${show(answers)}, not a list of answers`;
  const index = (answers as readonly unknown[]).findIndex((one) => !isForcedAnswers(one));
  return index < 0 ? null : `${name}[${index}] is not a count of one status of one endpoint`;
}

function isForcedAnswers(one: unknown): boolean {
  if (!isRecord(one)) return false;
  const { endpoint, status, requests, past, isEmpty } = one;
  if (typeof endpoint !== 'string' || !isCount(status) || status > HIGHEST_STATUS) return false;
  if (isEmpty !== undefined && isEmpty !== true) return false;
  return isCount(requests) && Array.isArray(past) && past.every(isAmount);
}
