import { type FactText, factText, readFact } from '../../../../stats/answers/shape-fact.ts';

/**
 * What stands for the name of the version that answers, where an answer says it. Two versions differ there as they should; one that
 * says the name of another does not say this.
 */
export const OWN_VERSION = '{version}';

const RELEASE = /^v?(?=\d)/;
const PLAIN_NUMBER = /^\d+$/;

/**
 * How a version may say its name: a release has a `v` before it in some places and none in others. A number alone is no name of `v2`: it
 * may as well be a quantity.
 *
 * @example namesOfVersion('1.4.2') // ['1.4.2', 'v1.4.2']
 */
export function namesOfVersion(version: string): readonly string[] {
  if (version === '') return [];
  if (!RELEASE.test(version)) return [version];
  const bare = version.replace(RELEASE, '');
  return [version, version === bare ? `v${bare}` : bare].filter((name) => name === version || !PLAIN_NUMBER.test(name));
}

/** Facts of an answer in which the name of its own version is no word of its own. */
export function withOwnVersion(found: readonly FactText[], version: string): readonly FactText[] {
  const said = namesOfVersion(version).map((name) => `value:${name} `);
  const isSaid = (text: FactText) => said.some((start) => text.startsWith(start));
  if (!found.some(isSaid)) return found;
  return found.map((text) =>
    isSaid(text) ? factText({ trait: `value:${OWN_VERSION}`, path: readFact(text)?.path ?? '' }) : text,
  );
}
