import { describe, expect, it } from 'vitest';
import { withOwnVersion } from '../../../src/gateway/measure/reading/shape/own-version.ts';

describe('the name of its own version in an answer', () => {
  const found = ['present /version', 'value:v2 /version', 'value:v2 /api version', 'value:v20 /other'];

  it('is a word that all versions have', () => {
    expect(withOwnVersion(found, 'v2')).toEqual([
      'present /version',
      'value:{version} /version',
      'value:{version} /api version',
      'value:v20 /other',
    ]);
  });

  it('is a word as any other where it is that of another version, or where the version has no name', () => {
    expect(withOwnVersion(found, 'v1')).toEqual(found);
    expect(withOwnVersion(found, '')).toEqual(found);
  });

  it.each([
    ['1.4.2', ['v1.4.2', '1.4.2']],
    ['v1.4.2', ['v1.4.2', '1.4.2']],
    ['2', ['2', 'v2']],
  ])('of %s may have a v before it or none', (version, said) => {
    const words = said.map((word) => `value:${word} /version`);
    expect(withOwnVersion(words, version)).toEqual(said.map(() => 'value:{version} /version'));
  });

  it('of v2 is no number alone, and a word gets no v', () => {
    expect(withOwnVersion(['value:2 /items'], 'v2')).toEqual(['value:2 /items']);
    expect(withOwnVersion(['value:ault /name'], 'vault')).toEqual(['value:ault /name']);
  });
});
