import type { Server, Socket } from 'node:net';
import type { Faults } from '../http/faults.ts';
import type { GatewayLimits } from '../http/limits.ts';
import { OVERLOAD, refuseSocket } from '../http/refuse.ts';
import type { Peers } from '../route/peer.ts';

/**
 * Bounds the number of client connections. A trusted proxy speaks for many clients, so the bound per address does not
 * apply to it.
 */
export class ConnectionLimits {
  private readonly limits: Pick<GatewayLimits, 'connections' | 'connectionsPerAddress'>;
  private readonly peers: Peers;
  private readonly faults: Faults;
  private readonly perAddress = new Map<string, number>();
  private open = 0;

  constructor(limits: Pick<GatewayLimits, 'connections' | 'connectionsPerAddress'>, peers: Peers, faults: Faults) {
    this.limits = limits;
    this.peers = peers;
    this.faults = faults;
  }

  /** Answers excess connections with 503, before any other handler sees them. */
  guard(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      try {
        if (!this.admits(socket)) refuseSocket(socket, OVERLOAD);
        else for (const listener of listeners) listener.call(server, socket);
      } catch (error) {
        this.faults.report(error, 'client');
        socket.destroy();
      }
    });
  }

  /** Whether the connection may stay; it counts until it closes. */
  private admits(socket: Socket): boolean {
    const { address, isTrusted } = this.peers.of(socket);
    const ofAddress = this.perAddress.get(address) ?? 0;
    if (this.open >= this.limits.connections) return false;
    if (!isTrusted && ofAddress >= this.limits.connectionsPerAddress) return false;
    this.open++;
    this.perAddress.set(address, ofAddress + 1);
    // It closes only once; `once` would cost 200 bytes per connection.
    socket.on('close', () => this.faults.attempt(() => this.release(address), 'client'));
    return true;
  }

  private release(address: string): void {
    this.open--;
    const left = (this.perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.perAddress.delete(address);
    else this.perAddress.set(address, left);
  }
}
