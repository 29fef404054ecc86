import { expect, it } from 'vitest';
import { fuzzDocuments } from '../support/config-documents.ts';

// `npm run fuzz:config` reads many more.
it('each of 200 mutated documents is read, or refused with the place of each fault', () => {
  const { read, refused } = fuzzDocuments(200, 20261201);
  expect(read).toBeGreaterThan(10);
  expect(refused).toBeGreaterThan(100);
});
