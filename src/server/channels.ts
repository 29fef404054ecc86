import type { ServerConfig } from '../config/config.ts';
import { resolveSecret } from '../identity/secrets.ts';
import type { Channel } from '../notify/channel.ts';
import { consoleChannel } from '../notify/console.ts';
import { pagerdutyChannel } from '../notify/pagerduty.ts';

/** The channels of the file. `notices` is where the console channel writes; null silences it. Throws Problem. */
export function openChannels(
  config: ServerConfig,
  env: NodeJS.ProcessEnv,
  notices: ((line: string) => void) | null,
): readonly Channel[] {
  const channels: Channel[] = [];
  if (config.channels.console && notices) channels.push(consoleChannel(notices));
  const { pagerduty } = config.channels;
  if (pagerduty) {
    const routingKey = resolveSecret(pagerduty.routingKey, env);
    const { eventsUrl, severity } = pagerduty;
    channels.push(
      pagerdutyChannel({ routingKey, ...(eventsUrl ? { eventsUrl } : {}), ...(severity ? { severity } : {}) }),
    );
  }
  return channels;
}
