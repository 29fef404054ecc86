/** What a POST does with an `Idempotency-Key`. Every POST below `/api/v1` takes one that is not listed here. */
export type KeyTaking = 'taken' | 'withheld' | 'passed-over';

/**
 * Passed over: what changes nothing, what counts nothing twice by itself, and logs, of which there may be thousands a second.
 * Withheld: what is answered with a secret, which is not stored; whoever asks again learns that it was done.
 */
const OTHERWISE: readonly (readonly [path: RegExp, KeyTaking])[] = [
  [/^\/api\/v1\/rollouts\/[^/]+\/preview$/, 'passed-over'],
  [/^\/api\/v1\/routes\/[^/]+\/consumer-changes\/preview$/, 'passed-over'],
  [/^\/api\/v1\/routes\/[^/]+\/restore\/preview$/, 'passed-over'],
  [/^\/api\/v1\/policies\/check$/, 'passed-over'],
  [/^\/api\/v1\/configuration\/diff$/, 'passed-over'],
  [/^\/api\/v1\/values$/, 'passed-over'],
  [/^\/api\/v1\/logs$/, 'passed-over'],
  [/^\/api\/v1\/otlp\//, 'passed-over'],
  [/^\/api\/v1\/session$/, 'passed-over'],
  [/^\/api\/v1\/tokens$/, 'withheld'],
];

export function keyUse(method: string, path: string): KeyTaking {
  if (method.toUpperCase() !== 'POST' || !path.startsWith('/api/v1/')) return 'passed-over';
  return OTHERWISE.find(([pattern]) => pattern.test(path))?.[1] ?? 'taken';
}
