import type { Duplex } from 'node:stream';

/** The most bytes per read. All client connections are read into the same memory, one after the other. */
const MEMORY = Buffer.allocUnsafeSlow(65_536);

/** Called with how many bytes at the beginning of the buffer are valid; all of them if absent. */
type Receive = (bytes: Buffer, count?: number) => void;

/** Where a socket keeps the `onread` option of `net.connect`. */
interface Places {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** Undefined until there is a first socket to inspect; null if this Node has no such places. */
let places: Places | null | undefined;

/**
 * Reads a socket that a server has just accepted. What `receive` gets is valid until it returns: to keep it
 * longer, copy it. Compared with a new buffer per read, passed through a stream, it saves a twelfth of a request's
 * CPU time.
 *
 * `net.connect` has the option `onread` for this and `net.createServer` does not, so this sets what that option sets. If
 * Node keeps it elsewhere, the socket is read as a stream.
 */
export function readShared(socket: Duplex, receive: Receive): 'shared' | 'stream' {
  places ??= placesOf(socket);
  if (!hasUserBuffer(socket) || places === null) {
    socket.on('data', receive);
    return 'stream';
  }
  Reflect.set(socket, places.buffer, MEMORY);
  Reflect.set(socket, places.callback, (count: number) => receive(MEMORY, count));
  socket._handle.useUserBuffer(MEMORY);
  return 'shared';
}

/** From now on the socket is an ordinary stream. */
export function readAsStream(socket: Duplex, receive: Receive): void {
  socket.off('data', receive);
  if (places) Reflect.set(socket, places.callback, pushOn);
}

function pushOn(this: Duplex, count: number): boolean {
  return this.push(Buffer.copyBytesFrom(MEMORY, 0, count));
}

function placesOf(socket: Duplex): Places | null {
  const symbols = Object.getOwnPropertySymbols(socket);
  const buffer = symbols.find(({ description }) => description === 'kBuffer');
  const callback = symbols.find(({ description }) => description === 'kBufferCb');
  return buffer && callback ? { buffer, callback } : null;
}

function hasUserBuffer(
  socket: Duplex & { _handle?: unknown },
): socket is Duplex & { readonly _handle: { useUserBuffer(memory: Buffer): void } } {
  const { _handle: handle } = socket;
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle;
}
