import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Inlet } from './inlet.ts';
import type { OwnListeners } from './own-listeners.ts';
import { FAILED_LOOKUP, FORBIDDEN_ADDRESS, lookupUnless, refusedPlace } from './upstream-address.ts';
import type { FailureKind } from './upstream-client.ts';
import type { UpstreamTrust } from './upstream-trust.ts';

/** Where an origin is. */
export interface Origin {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number;
  /** For TLS: the name that the certificate must have; null in plain HTTP and for addresses (RFC 6066 section 3). */
  readonly servername: string | null;
  /** For TLS: null leaves it to Node's defaults. */
  readonly trust: UpstreamTrust | null;
}

export interface DialOutcome {
  /** `inlet`: reads the socket; null if the socket is read as a stream. */
  connected(socket: Socket, inlet: Inlet | null): void;
  failed(kind: DialFailure): void;
  /** Our own code threw. */
  crashed(error: unknown): void;
}

type DialFailure = Extract<FailureKind, 'refused' | 'connect-timeout' | 'forbidden' | 'exhausted' | 'unresolved'>;

/** Who is to blame, by error code: without descriptors, ports or memory, it is this machine. */
export function dialFailureOf(code: string | undefined): DialFailure {
  switch (code) {
    case FORBIDDEN_ADDRESS:
      return 'forbidden';
    case 'ETIMEDOUT':
      return 'connect-timeout';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EADDRNOTAVAIL':
      return 'exhausted';
    case 'EAI_AGAIN':
      return 'unresolved';
    default:
      return 'refused';
  }
}

/** Opens connections to one origin; TLS sessions are resumed (RFC 8446 section 2.2). */
export class Dialler {
  private readonly origin: Origin;
  private readonly own: OwnListeners;
  private readonly lookup: LookupFunction;
  private session: Buffer | undefined;

  constructor(origin: Origin, own: OwnListeners) {
    this.origin = origin;
    this.own = own;
    this.lookup = lookupUnless((address) => refusedPlace(address, origin.port, own) !== null);
  }

  /**
   * Calls `outcome` once, asynchronously, or never after the returned function has cancelled the dial. A tunnel's
   * socket is read as a stream.
   */
  dial(use: 'exchanges' | 'tunnel', timeoutMs: number, outcome: DialOutcome): () => void {
    const { hostname, port, protocol } = this.origin;
    if (refusedPlace(hostname, port, this.own) !== null) {
      let isWanted = true;
      process.nextTick(() => {
        if (isWanted) outcome.failed('forbidden');
      });
      return () => {
        isWanted = false;
      };
    }
    const inlet = use === 'exchanges' && protocol === 'http:' ? new Inlet() : null;
    const socket = protocol === 'https:' ? this.tls() : this.tcp(inlet);
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
      clearTimeout(timer);
      socket.off(ready, onReady);
      socket.off('error', onError);
      socket.off('close', onClose);
    };
    const callOff = (): void => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
    };
    const fail = (kind: DialFailure): void => {
      callOff();
      outcome.failed(kind);
    };
    const onReady = (): void => {
      settle();
      outcome.connected(socket, inlet);
    };
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code !== FAILED_LOOKUP) {
        fail(dialFailureOf(error.code));
        return;
      }
      callOff();
      outcome.crashed(error.cause);
    };
    const onClose = (): void => fail('refused');
    const ready = protocol === 'https:' ? 'secureConnect' : 'connect';
    const timer = setTimeout(() => {
      // After a pause of this process the connection may be open but not noticed yet: let the poll phase run first.
      setImmediate(() => {
        if (!isSettled) fail('connect-timeout');
      });
    }, timeoutMs);
    socket.once(ready, onReady);
    socket.once('error', onError);
    socket.once('close', onClose);
    return callOff;
  }

  private tcp(inlet: Inlet | null): Socket {
    const { hostname, port } = this.origin;
    return connectTcp({
      host: hostname,
      port,
      noDelay: true,
      keepAlive: true,
      lookup: this.lookup,
      ...(inlet ? { onread: inlet.onread } : {}),
    });
  }

  private tls(): Socket {
    const { hostname, port, servername, trust } = this.origin;
    const socket = connectTls({
      host: hostname,
      port,
      lookup: this.lookup,
      ALPNProtocols: ['http/1.1'],
      ...(servername === null ? {} : { servername }),
      ...(trust === null ? {} : { secureContext: trust.context }),
      ...(this.session ? { session: this.session } : {}),
    });
    socket.setNoDelay(true);
    socket.on('session', (session: Buffer) => {
      this.session = session;
    });
    return socket;
  }
}
