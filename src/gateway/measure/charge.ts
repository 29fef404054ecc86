import { methodIndex } from '../http/method.ts';
import { BAD_ANSWER, LATE_ANSWER, OVERLOAD, type Refusal } from '../http/refuse.ts';
import type { Failure, FailureKind } from '../upstream/upstream-client.ts';
import type { RouteRecorder } from './recorder.ts';
import type { Ticket } from './ticket.ts';
import type { Turn } from './turn.ts';

/**
 * Who is to blame for an exchange that broke: its version, its client, the gateway (a limit or a shortage of its own), or
 * the network in between. Only the version is charged.
 */
export type Culprit = 'version' | 'client' | 'gateway' | 'network';

/** The client's part in an exchange that broke. */
export interface ClientPart {
  /** Bytes of the answer that the client has not taken yet. */
  readonly untaken: number;
  /** The time that the answer was held back because the client did not take it; null if it never was. */
  readonly taking: Pick<Turn, 'totalMs'> | null;
}

const HEAD = methodIndex('HEAD');

/** A client that we waited for less than this is not to blame. */
const SLOW_CLIENT_MS = 1_000;

/** `now`: monotonic ms. */
export function culpritOf({ kind }: Failure, ticket: Ticket, { untaken, taking }: ClientPart, now: number): Culprit {
  switch (kind) {
    case 'overload':
    case 'exhausted':
      return 'gateway';
    case 'unresolved':
      return 'network';
    case 'silent':
      return untaken > 0 ? 'client' : 'version';
    // Servers break off what takes too long (Go's WriteTimeout, nginx's send_timeout); here the client was what took long.
    case 'reset-before-head':
    case 'reset-in-body':
      return isClientsFault(ticket, taking, now) ? 'client' : 'version';
    case 'forbidden':
    case 'refused':
    case 'connect-timeout':
    case 'answer-timeout':
    case 'bad-head':
      return 'version';
  }
}

/** Whether an exchange spent most of its time waiting for its client: for the rest of a body, or to take the answer. */
function isClientsFault({ begunAt, upload }: Ticket, taking: ClientPart['taking'], now: number): boolean {
  const sendingMs = upload?.isStarved ? upload.waitedMs(now) : 0;
  const waitedMs = sendingMs + (taking?.totalMs(now) ?? 0);
  return waitedMs >= SLOW_CLIENT_MS && waitedMs >= (now - begunAt) / 2;
}

/**
 * Ends the ticket of an exchange that got no complete answer. Where no connection was made, no client chose that: the
 * request then counts by itself, whatever its key.
 */
export function charge(recorder: RouteRecorder, ticket: Ticket, culprit: Culprit, kind: FailureKind): void {
  switch (culprit) {
    case 'version':
      if (isOfConnection(kind)) ticket.key = null;
      recorder.fail(ticket);
      break;
    case 'client':
      recorder.abandon(ticket, ticket.status === 0 ? 'clients' : 'answered');
      break;
    case 'gateway':
    case 'network':
      recorder.refuse(ticket);
  }
}

function isOfConnection(kind: FailureKind): boolean {
  return kind === 'refused' || kind === 'connect-timeout' || kind === 'forbidden';
}

/** Of what kind a complete answer is, is known with its body: what is read of it may depend on that. */
export function settleKind(recorder: RouteRecorder, ticket: Ticket, body: 'empty' | 'some'): void {
  if (body === 'empty' && ticket.method !== HEAD) recorder.empty(ticket);
}

/**
 * Ends the ticket of an exchange whose answer is complete. A 408 to a client that still owes part of its request says
 * that the client was slow, and nothing about the version.
 */
export function conclude(recorder: RouteRecorder, ticket: Ticket, body: 'empty' | 'some'): void {
  settleKind(recorder, ticket, body);
  if (ticket.status === 408 && ticket.upload?.isStarved) recorder.leave(ticket);
  else recorder.complete(ticket);
}

/** Whether a request may be sent to the stable instead: not if the gateway refused it or the client delays it. */
export function mayFailOver(culprit: Culprit): boolean {
  return culprit === 'version' || culprit === 'network';
}

/** The response sent when no upstream answered. */
export function refusalFor(kind: FailureKind): Refusal {
  switch (kind) {
    case 'overload':
    case 'exhausted':
      return OVERLOAD;
    case 'connect-timeout':
    case 'answer-timeout':
    case 'silent':
      return LATE_ANSWER;
    case 'forbidden':
    case 'unresolved':
    case 'refused':
    case 'reset-before-head':
    case 'reset-in-body':
    case 'bad-head':
      return BAD_ANSWER;
  }
}
