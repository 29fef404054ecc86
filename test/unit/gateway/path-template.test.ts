import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GivenTemplates, guessTemplate, hashTemplate } from '../../../src/gateway/measure/endpoints/path-template.ts';

const SEED = 12_345;

describe('a guessed template', () => {
  it.each([
    ['/', '/'],
    ['/orders', '/orders'],
    ['/orders/', '/orders'],
    ['//orders//7', '/orders/{id}'],
    ['/orders/17/items', '/orders/{id}/items'],
    ['/orders/order-12345', '/orders/{id}'],
    ['/days/2026-01-31', '/days/{id}'],
    ['/at/2026-01-31T10:00:00Z', '/at/{id}'],
    ['/rates/1.25', '/rates/{id}'],
    ['/users/0b8e0c1e-6f0e-4b7e-9f57-0a7d8d3a2f11', '/users/{id}'],
    ['/blobs/9f86d081', '/blobs/{id}'],
    ['/reset/cus_9s6XKzkNRiz8i3', '/reset/{id}'],
    ['/reset/dGhpc0lzQVRva2VuV2l0aG91dERpZ2l0cw', '/reset/{id}'],
    ['/users/ada%40example.org', '/users/{id}'],
    ['/users/@ada', '/users/{id}'],
    ['/x/<script>', '/x/{id}'],
    ['/v1/oauth2/sha256', '/v1/oauth2/sha256'],
    ['/api/v2beta/password-reset-confirmation', '/api/v2beta/password-reset-confirmation'],
    ['/getUserProfile.json', '/getUserProfile.json'],
    ['/a/b/c/d/e/f/g/h/i/j/k', '/a/b/c/d/e/f/g/h/*'],
  ])('of %s is %s', (path, template) => {
    expect(guessTemplate(path)).toBe(template);
  });

  const paths = fc
    .array(fc.oneof(fc.constantFrom('orders', 'items', '17', '', 'v1', 'a-b'), fc.stringMatching(/^[!-.0-~]{0,45}$/)), {
      maxLength: 12,
    })
    .map((segments) => `/${segments.join('/')}`);

  it('has one hash, and other templates have another', () => {
    fc.assert(
      fc.property(paths, paths, (one, other) => {
        const same = guessTemplate(one) === guessTemplate(other);
        expect(hashTemplate(one, SEED) === hashTemplate(other, SEED)).toBe(same);
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });

  it('is of a path of any length no longer than what people read, in characters that do no harm', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const template = guessTemplate(path.repeat(20));
        expect(template.length).toBeLessThan(400);
        expect(template).toMatch(/^[A-Za-z0-9._~/{}*-]+$/);
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});

describe('given templates', () => {
  const given = new GivenTemplates(['/orders/{id}', '/orders/latest', '/users/{user}/posts/{post}', '/'], SEED);

  it.each([
    ['/orders/anything-at-all', '/orders/{id}'],
    ['/orders/latest', '/orders/latest'],
    ['/orders/latest/', '/orders/latest'],
    ['/users/ada/posts/first', '/users/{user}/posts/{post}'],
    ['/', '/'],
  ])('take %s as %s', (path, template) => {
    expect(given.find(path)?.template).toBe(template);
  });

  it.each(['/orders', '/orders/1/items', '/users/ada/comments/1', '/other'])('leave %s to the guess', (path) => {
    expect(given.find(path)).toBeNull();
  });

  it('have hashes of their own', () => {
    const hashes = ['/orders/1', '/orders/latest', '/users/a/posts/b', '/'].map((path) => given.find(path)?.hash);
    expect(new Set(hashes).size).toBe(4);
  });
});
