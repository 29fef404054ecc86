import { resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { gatewayTimeouts } from '../config/timeouts.ts';
import { upstreamCaOf } from '../config/upstream-ca.ts';
import type { TokenNews } from '../gateway/gateway.ts';
import type { Log } from '../problem/log.ts';
import { AccessLogFile } from './access-log-file.ts';

/** The access log that the file declares; null if there is none. */
export function openAccessLog({ config, folder }: LoadedConfig, log: Log): AccessLogFile | null {
  const { accessLog } = config.gateway;
  return accessLog ? new AccessLogFile(resolve(folder, accessLog.file), log) : null;
}

/** What serin.yaml says about the data path. Throws Problem('invalid-input') when the file of authorities cannot be used. */
export function gatewayOptions(loaded: LoadedConfig, accessLogFile: AccessLogFile | null) {
  const { gateway } = loaded.config;
  const { accessLog } = gateway;
  return {
    listen: gateway.listen,
    folder: loaded.folder,
    trustedProxies: gateway.trustedProxies,
    timeouts: gatewayTimeouts(loaded.config),
    limits: gateway.limits,
    fastPath: gateway.fastPath,
    ...upstreamCaOf(loaded),
    slices: gateway.slices,
    ...(accessLog && accessLogFile ? { accessLog: { write: accessLogFile.write, sample: accessLog.sample } } : {}),
  };
}

/** Logs what a person should know of the tokens of consumers; nothing of a token is in it. */
export function tokenNewsLog(log: Log): (news: TokenNews) => void {
  return (news) => {
    const { route } = news;
    switch (news.what) {
      case 'keys-unavailable':
        log({ what: 'consumerKeysUnavailable', level: 'warn', route, reason: news.reason, keys: news.keys });
        break;
      case 'keys-loaded':
        log({ what: 'consumerKeysLoaded', route, keys: news.keys });
        break;
      case 'over-budget':
        log({ what: 'tokensOverBudget', level: 'warn', route, requests: news.requests });
    }
  };
}
