import type { buildConnector } from 'undici';

let isUnderWay = false;

/**
 * undici takes the reset of a connection for the end of a body that lasts until its connection ends
 * (lib/dispatcher/client-h1.js, onHttpSocketError), and reports a broken answer as complete. Its report comes while
 * the socket's `error` event is emitted, so that what is noted here at the beginning of the event can be asked there.
 */
export function notingResets(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...connected) => {
      connected[1]?.prependListener('error', () => {
        isUnderWay = true;
        queueMicrotask(() => {
          isUnderWay = false;
        });
      });
      callback(...connected);
    });
}

/** Whether an upstream connection breaks at this very moment. */
export function isResetUnderWay(): boolean {
  return isUnderWay;
}
