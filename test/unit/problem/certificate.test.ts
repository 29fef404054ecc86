import { expect, it } from 'vitest';
import { certificateFault } from '../../../src/problem/certificate.ts';

it.each([
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    /from an authority that is not trusted \(SELF_SIGNED_CERT_IN_CHAIN\); .* in gateway\.upstreamCa$/,
  ],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /not trusted/],
  ['CERT_HAS_EXPIRED', /^its certificate has expired \(CERT_HAS_EXPIRED\)$/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /for another name/],
])('%s is said in words', (code, words) => {
  expect(certificateFault(code, 'gateway.upstreamCa')).toMatch(words);
});

it('says nothing of what is about no certificate', () => {
  expect(certificateFault('ECONNREFUSED', 'gateway.upstreamCa')).toBeNull();
});
