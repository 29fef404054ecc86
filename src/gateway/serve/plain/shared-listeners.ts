import type { Socket } from 'node:net';

/** How a connection reacts to the events of its socket. */
export interface SocketOwner {
  /** Runs a step and handles what it throws. */
  contain(step: () => void): void;
  ended(): void;
  drained(): void;
  timedOut(): void;
  closed(): void;
}

/** Connections share their listeners and are looked up here: separate closures would cost each idle one 250 bytes. */
const owners = new WeakMap<Socket, SocketOwner>();

export function listenShared(socket: Socket, owner: SocketOwner): void {
  owners.set(socket, owner);
  socket.on('end', onEnd);
  socket.on('drain', onDrain);
  socket.on('timeout', onTimeout);
  socket.on('error', ignore);
  socket.on('close', onClose);
}

export function unlistenShared(socket: Socket): void {
  owners.delete(socket);
  socket.off('end', onEnd);
  socket.off('drain', onDrain);
  socket.off('timeout', onTimeout);
  socket.off('error', ignore);
  socket.off('close', onClose);
}

function onEnd(this: Socket): void {
  const owner = owners.get(this);
  owner?.contain(() => owner.ended());
}

function onDrain(this: Socket): void {
  const owner = owners.get(this);
  owner?.contain(() => owner.drained());
}

function onTimeout(this: Socket): void {
  const owner = owners.get(this);
  owner?.contain(() => owner.timedOut());
}

function onClose(this: Socket): void {
  const owner = owners.get(this);
  owner?.contain(() => owner.closed());
}

/** Failures arrive as 'close'; without a listener, 'error' would crash the process. */
function ignore(): void {}
