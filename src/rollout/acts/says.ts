import { formatAbout, formatShare } from '../../parity/figures.ts';
import { counted } from '../../policy/counted.ts';
import { formatBps, formatDuration } from '../../policy/units.ts';
import { WHOLE_BPS } from '../../split/assign.ts';
import { capabilitiesOf } from '../../split/capabilities.ts';
import type { Track } from '../../split/order.ts';
import { clockOf, justAsked } from '../eyes/asked.ts';
import { closedGates, neededDwellMs } from '../plan.ts';
import { orderFor } from '../split-order.ts';
import { isEnded, type Rollout, stageName } from '../state.ts';
import { headOf } from './head.ts';
import type { MovedTraffic } from './moved-traffic.ts';
import type { ChangeOutcome, ToldMessage } from './outcome.ts';
import { wayBack } from './way-back.ts';

const MOST_NAMED = 10;

/** What a verb does, in the order in which a person wants to know: what, to whom, who is blamed, who is told, and the way back. */
export function saysOf(
  outcome: ChangeOutcome,
  traffic: MovedTraffic,
  messages: readonly ToldMessage[],
): readonly string[] {
  const asked = justAsked(outcome.after);
  if (asked !== null) {
    return [
      `This asks for a second person: nothing changes until somebody else does the same by ${clockOf(asked.until)} (${asked.command}).`,
      ...messagesOf(outcome.after.route, messages, false),
    ];
  }
  const first = outcome.event.askedBy;
  return [
    ...(first === undefined
      ? []
      : [`${first.name} asked for it at ${clockOf(first.at)}: you are the second person, and it is done now.`]),
    ...headOf(outcome),
    ...trafficOf(outcome, traffic),
    ...consumersOf(outcome.after, traffic),
    ...endOf(outcome, traffic),
    ...stageOf(outcome),
    ...messagesOf(
      outcome.after.route,
      messages,
      outcome.before.rollout.stage !== outcome.after.stage && outcome.after.stage.kind === 'promoted',
    ),
    ...wayBack(outcome),
  ];
}

/** Of a new attempt. */
export function saysOfRetry(started: Rollout, messages: readonly ToldMessage[]): readonly string[] {
  const { route, canary, stable, attempt } = started;
  const { name } = started.policy.metadata;
  return [
    `${canary.version} is rolled out on ${route} again, as attempt ${attempt}, under ${name} as its file is now and with fresh evidence.`,
    `It begins in the internal phase: ${stable.version} serves everything, and only requests that force it get ${canary.version}.`,
    'The canary and the sources are asked first: where one of them does not answer, nothing is started.',
    ...messagesOf(route, messages, false),
    'It can be taken back by abort.',
  ];
}

function trafficOf(outcome: ChangeOutcome, traffic: MovedTraffic): readonly string[] {
  const { before, after } = outcome;
  const { fromBps, toBps, rampMs, requestsPerSecond } = traffic;
  const { stable, canary, heavyLast } = after;
  if (!capabilitiesOf(after).serinMoves) return adviceOf(before.rollout, after);
  if (fromBps === toBps) return traffic.consumers.length > 0 ? [] : ['The share of each version stays as it is.'];
  const [from, to] = toBps > fromBps ? [stable, canary] : [canary, stable];
  const share = formatBps(Math.abs(toBps - fromBps));
  const drawn = isRuled(outcome) ? 'of the requests that no rule decides' : 'of the requests';
  const when = rampMs === 0 ? 'at once' : `in moves over ${formatDuration(rampMs)}`;
  const all = isEnded(after) || toBps === WHOLE_BPS ? `; ${to.version} serves everybody then` : '';
  const heavy =
    heavyLast && toBps > fromBps && toBps < WHOLE_BPS
      ? [
          `${counted(heavyLast.units.length, 'sticky key')} with ${formatShare(heavyLast.share)} of the traffic before the start ` +
            `${heavyLast.units.length === 1 ? 'stays' : 'stay'} on ${from.version} until ${to.version} has 100%.`,
        ]
      : [];
  const perSecond =
    requestsPerSecond === null
      ? ['It is not known how many requests a second that is.']
      : requestsPerSecond === 0
        ? ['No requests came lately.']
        : [];
  const about = requestsPerSecond === null || requestsPerSecond === 0 ? '' : `, ${inWords(requestsPerSecond)},`;
  return [`${share} ${drawn}${about} go from ${from.version} to ${to.version} ${when}${all}.`, ...perSecond, ...heavy];
}

/** Whether rules decide about some requests, before the change or after it. */
function isRuled({ before, after, listed }: ChangeOutcome): boolean {
  const defaults = [orderFor(before.rollout), orderFor(after)].map(({ consumerDefault }) => consumerDefault);
  if (defaults.includes('stable')) return true;
  return defaults.includes('by-weight') && listed.some(({ rule }) => rule !== 'by-weight');
}

/** What to do now, when the operator makes the split. */
function adviceOf(before: Rollout, { stage, canary, canaryBps }: Rollout): readonly string[] {
  if (before.canaryBps === canaryBps) return [];
  const todo =
    canaryBps === 0 ? `take all of it off ${canary.version}` : `give ${canary.version} ${formatBps(canaryBps)}`;
  return stage.kind === 'finalised' ? [] : [`Serin does not move the traffic of this route: ${todo} yourself.`];
}

/** `about 2 a second`, `about 12 a minute`. */
function inWords(perSecond: number): string {
  if (perSecond >= 1) return `about ${formatAbout(perSecond)} a second`;
  const perMinute = Math.round(perSecond * 60);
  return perMinute >= 1 ? `about ${perMinute} a minute` : 'less than one a minute';
}

function consumersOf({ canary, stable }: Rollout, { consumers, unlistedTo }: MovedTraffic): readonly string[] {
  const versions: Readonly<Record<Track, string>> = { canary: canary.version, stable: stable.version };
  const named = (['canary', 'stable'] as const).flatMap((to) => {
    const names = consumers.filter((one) => one.to === to).map(({ name }) => name);
    if (names.length === 0) return [];
    const [are, get] = names.length === 1 ? ['is', 'gets'] : ['are', 'get'];
    return [`${listOf(names)}, who ${are} listed, ${get} ${versions[to]} then.`];
  });
  return unlistedTo === null ? named : [...named, `All clients that are not listed get ${versions[unlistedTo]} then.`];
}

/** The end of a rollout: what is still open, and who is blamed. */
function endOf({ after }: ChangeOutcome, { drainMs }: MovedTraffic): readonly string[] {
  if (!isEnded(after) || after.stage.kind === 'finalised') return [];
  const { canary } = after;
  const drain =
    drainMs === null
      ? []
      : [
          `Requests that ${canary.version} has begun end there; tunnels and event streams that are still open to it are closed after ` +
            `${formatDuration(drainMs)}. No request can force it any more.`,
        ];
  const blame =
    after.stage.kind === 'rolled-back'
      ? `${canary.version} is blamed: starting it again takes --force. To blame nobody, abort instead.`
      : 'Nobody is blamed.';
  return [...drain, blame];
}

/** What begins anew, and what stays. */
function stageOf({ before: { rollout: before }, after, evidence, at }: ChangeOutcome): readonly string[] {
  if (isEnded(after)) return [];
  const said: string[] = [];
  const needMs = neededDwellMs(after);
  if (before.harmHeldAt !== undefined && after.harmHeldAt === undefined) {
    said.push('The harm that was found is put aside: the evidence begins anew.');
  } else if (before.stage !== after.stage && needMs > 0) {
    said.push(
      `The dwell of ${stageName(after.stage)} is ${formatDuration(needMs)}; what was seen against ${after.canary.version} before counts on.`,
    );
  } else if (evidence.anewAt === at) said.push('The evidence and the dwell of the stage begin anew.');
  const closed = before.stage === after.stage ? [] : closedGates(after);
  if (closed.length > 0) said.push(`It has closed gates: ${closed.join(', ')}.`);
  if (before.paused && after.paused) said.push('It stays paused: nothing advances by itself until it is resumed.');
  return said;
}

const MESSAGES: Readonly<Record<ToldMessage['kind'], (channels: string) => string>> = {
  page: (channels) => `Somebody is paged: ${channels}.`,
  resolve: (channels) => `The page that is open is resolved: ${channels}.`,
  change: (channels) => `The promotion is told as a change: ${channels}.`,
  note: (channels) => `A note goes out: ${channels}.`,
};

function messagesOf(route: string, messages: readonly ToldMessage[], isPromotion: boolean): readonly string[] {
  const told = (['page', 'resolve', 'change', 'note'] as const).flatMap((kind) => {
    const channels = messages.filter((message) => message.kind === kind).map(({ channel }) => channel);
    return channels.length === 0 ? [] : [MESSAGES[kind](listOf(channels))];
  });
  const isPaged = messages.some(({ kind }) => kind === 'page');
  return [
    ...told,
    ...(isPaged ? [] : ['Nobody is paged.']),
    ...(isPromotion ? [`Pages about earlier rollouts of ${route} that are open are resolved after it.`] : []),
  ];
}

/** `acme`, `acme and globex`, `acme, globex and 3 more`. */
function listOf(names: readonly string[]): string {
  const shown = names.length > MOST_NAMED ? names.slice(0, MOST_NAMED) : names.slice(0, -1);
  const last = names.length > MOST_NAMED ? `${names.length - MOST_NAMED} more` : names.at(-1);
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last}`;
}
