import type { Socket } from 'node:net';

/**
 * Ends a connection so that nobody takes what came over it for whole: by a reset, whatever was sent before. Not while an `end()` is
 * under way, though: libuv refuses to reset a connection that is being shut down (`uv_tcp_close_reset`, EINVAL), and Node then
 * closes it never: its descriptor is lost, and the process spins when it should end. Such a connection is closed as it is.
 */
export function breakConnection(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
