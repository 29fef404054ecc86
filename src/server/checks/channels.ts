import { openChannels } from '../channels.ts';
import type { Advisory, Remark } from './check.ts';

/** Whether the services behind the channels can be reached. Nothing is sent that would page anybody. */
export const channelsCheck: Advisory = {
  name: 'channels',
  timeoutMs: 5_000,
  async run({ loaded, env }, signal) {
    const channels = openChannels(loaded.config, env, null);
    const remarks: Remark[] = [];
    if (loaded.config.channels.console) remarks.push({ level: 'ok', says: 'console: messages go to standard error' });
    for (const { name, reach } of channels) {
      const failure = (await reach?.(signal)) ?? null;
      remarks.push(
        failure === null
          ? { level: 'ok', says: `${name}: reachable; its key is only verified when a page is sent` }
          : { level: 'warning', says: `${name}: ${failure}` },
      );
    }
    if (channels.length === 0) remarks.push({ level: 'ok', says: 'no pager is configured: pages alert no one' });
    return remarks;
  },
};
