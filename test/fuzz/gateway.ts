// npm run fuzz:gateway [-- --requests N] [--seed N]: compares the two paths of the gateway over generated requests.
import { parseArgs } from 'node:util';
import { runDifferential } from '../support/differential-run.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const requests = Number(values.requests);
const seed = Number(values.seed);
if (!Number.isSafeInteger(requests) || requests < 1 || !Number.isSafeInteger(seed)) {
  console.error('--requests and --seed want whole numbers');
  process.exit(2);
}

console.log(`seed ${seed}`);
const { compared, handedOver, difference } = await runDifferential({
  requests,
  seed,
  onProgress: (so) => process.stderr.write(`\r${so} of ${requests} requests`),
});
process.stderr.write('\n');
console.log(`${compared} requests compared, ${handedOver} of them and their sentinels handed over`);
if (difference) {
  console.log(JSON.stringify(difference, null, 2));
  process.exitCode = 1;
}
