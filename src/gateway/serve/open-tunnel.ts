import type { Duplex } from 'node:stream';
import type { Faults } from '../http/faults.ts';
import { failure, refuseSocket } from '../http/refuse.ts';
import type { Peers } from '../route/peer.ts';
import type { RouteState } from '../route/route-state.ts';
import type { GatewayRequest } from './admit.ts';
import { route, tokenOf } from './forward.ts';
import { forceRefusal, refusalAt } from './route-refusal.ts';
import { tunnel } from './upgrade.ts';

interface Asking {
  readonly incoming: GatewayRequest;
  readonly client: Duplex;
  /** What the client sent after its head. */
  readonly head: Buffer;
}

interface TunnelServing {
  readonly peers: Peers;
  readonly downloadMs: number;
  readonly faults: Faults;
}

/** Opens the tunnel of a request to the version chosen for it, or refuses it; waits first for a token that is seen for the first time. */
export function openTunnel(state: RouteState, asking: Asking, serving: TunnelServing): void {
  const { incoming, client } = asking;
  const refusal = refusalAt(state, incoming);
  if (refusal) {
    refuseSocket(client, refusal);
    return;
  }
  const known = tokenOf(state, incoming, serving.peers);
  if (known === null) {
    open(state, asking, serving);
    return;
  }
  client.on('error', () => client.destroy());
  known
    .then(() => {
      if (!client.destroyed) open(state, asking, serving);
    })
    .catch((error: unknown) => {
      const { requestId } = incoming;
      serving.faults.report(error, 'tunnel', requestId);
      const isRefused = serving.faults.attempt(() => refuseSocket(client, failure(requestId)), 'tunnel', requestId);
      if (!isRefused) client.destroy();
    });
}

function open(
  state: RouteState,
  { incoming, client, head }: Asking,
  { peers, downloadMs, faults }: TunnelServing,
): void {
  const refusal = forceRefusal(state, incoming, peers);
  if (refusal) {
    refuseSocket(client, refusal);
    return;
  }
  const routed = route(state, incoming, peers);
  const { recorder, live } = state;
  const earlyCloseMs = live.order.measure.webSocketEarlyCloseMs ?? null;
  try {
    tunnel({ routed, incoming, client, head, recorder, earlyCloseMs, downloadMs, faults });
  } catch (error) {
    recorder.withdraw(routed.ticket);
    throw error;
  }
}
