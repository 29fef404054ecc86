import { pagerdutyChannel } from '../../src/notify/pagerduty.ts';
import { channelContract } from './channel-contract.ts';

channelContract('pagerduty', {
  make: (url, secret) => pagerdutyChannel({ routingKey: secret, eventsUrl: url }),
  takenStatus: 202,
});
