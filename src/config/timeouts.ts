import type { GatewayTimeouts, RouteTimeouts } from '../gateway/http/timeouts.ts';
import type { ConfiguredRoute, ServerConfig } from './config.ts';

/** `gateway.timeouts` of `serin.yaml` in the gateway's form, with the minimum rate of bodies. */
export function gatewayTimeouts({ gateway }: ServerConfig): GatewayTimeouts {
  const { connect, answer, silence, headers, upload, uploadGrace, download, idle } = gateway.timeouts;
  return {
    connectMs: connect,
    answerMs: answer,
    ...(silence === undefined ? {} : { silenceMs: silence }),
    headersMs: headers,
    uploadMs: upload,
    uploadGraceMs: uploadGrace,
    uploadBytesPerSecond: gateway.uploadBytesPerSecond,
    downloadMs: download,
    idleMs: idle,
  };
}

/** `timeouts` of a route: only those that it sets. */
export function routeTimeouts({ timeouts, uploadBytesPerSecond }: ConfiguredRoute): Partial<RouteTimeouts> {
  const { connect, answer, silence, upload, uploadGrace } = timeouts;
  return {
    ...(connect === undefined ? {} : { connectMs: connect }),
    ...(answer === undefined ? {} : { answerMs: answer }),
    ...(silence === undefined ? {} : { silenceMs: silence }),
    ...(upload === undefined ? {} : { uploadMs: upload }),
    ...(uploadGrace === undefined ? {} : { uploadGraceMs: uploadGrace }),
    ...(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond }),
  };
}
