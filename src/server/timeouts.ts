import type { GatewayTimeouts, RouteTimeouts } from '../gateway/timeouts.ts';
import type { ConfiguredRoute, ServerConfig } from './config.ts';

/** `gateway.timeouts` of `serin.yaml` as the gateway has them. */
export function gatewayTimeouts({ gateway }: ServerConfig): GatewayTimeouts {
  const { connect, answer, silence, headers, upload, download, idle } = gateway.timeouts;
  return {
    connectMs: connect,
    answerMs: answer,
    ...(silence === undefined ? {} : { silenceMs: silence }),
    headersMs: headers,
    uploadMs: upload,
    downloadMs: download,
    idleMs: idle,
  };
}

/** `timeouts` of a route: only what it says. */
export function routeTimeouts({ timeouts }: ConfiguredRoute): Partial<RouteTimeouts> {
  const { connect, answer, silence, upload } = timeouts;
  return {
    ...(connect === undefined ? {} : { connectMs: connect }),
    ...(answer === undefined ? {} : { answerMs: answer }),
    ...(silence === undefined ? {} : { silenceMs: silence }),
    ...(upload === undefined ? {} : { uploadMs: upload }),
  };
}
