// npm run fuzz:config [-- --documents N] [--seed N]: reads generated files in the place of serin.yaml.
import { parseArgs } from 'node:util';
import { fuzzDocuments } from '../support/config-documents.ts';

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const documents = Number(values.documents);
const seed = Number(values.seed);
if (!Number.isSafeInteger(documents) || documents < 1 || !Number.isSafeInteger(seed)) {
  console.error('--documents and --seed want whole numbers');
  process.exit(2);
}

console.log(`seed ${seed}`);
const since = performance.now();
const { read, refused, slowest } = fuzzDocuments(documents, seed, (so) =>
  process.stderr.write(`\r${so} of ${documents} documents`),
);
process.stderr.write('\n');
const seconds = Math.round((performance.now() - since) / 1_000);
console.log(
  `${read} read, ${refused} refused with the place of each fault, in ${seconds} s; the slowest took ${Math.ceil(slowest)} ms`,
);
