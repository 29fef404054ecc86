import { resolveSecret } from '../../identity/secrets.ts';
import { openChannels } from '../../notify/channels.ts';
import type { Advisory, Remark } from './check.ts';

/** Whether the services behind the channels can be reached. Sends nothing that would page anyone. */
export const channelsCheck: Advisory = {
  name: 'channels',
  timeoutMs: 5_000,
  async run({ loaded: { config }, env }, signal) {
    const secret = (reference: string) => resolveSecret(reference, env);
    const channels = openChannels(config.channels, { secret, notices: () => {} });
    const remarks: Remark[] = [];
    for (const channel of channels) {
      const { name } = channel;
      if (channel.reach === undefined) {
        remarks.push({ level: 'ok', says: `${name}: messages go to standard error` });
        continue;
      }
      const failure = await channel.reach(signal);
      remarks.push(
        failure === null
          ? { level: 'ok', says: `${name}: reachable; its key is only verified when a page is sent` }
          : { level: 'warning', says: `${name}: ${failure}` },
      );
    }
    if (channels.every((channel) => channel.reach === undefined)) {
      remarks.push({ level: 'ok', says: 'no pager is configured: pages alert no one' });
    }
    return remarks;
  },
};
