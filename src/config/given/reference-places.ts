import { configJsonSchema, isNode, isReference } from '../json-schema.ts';

/** Where serin.yaml names a secret or a certificate: such a reference stays as it is, and is read when it is needed. */
type ReferencePlace = readonly string[];

const ANY = '*';

let known: readonly ReferencePlace[] | null = null;

/** Whether a value is a reference that nothing takes the place of. Read from the schema, so that no list has to be kept. */
export function isReferencePlace(path: readonly (string | number)[]): boolean {
  known ??= placesBelow(configJsonSchema(), []);
  return known.some(
    (place) => place.length === path.length && place.every((part, at) => part === ANY || part === path[at]),
  );
}

function placesBelow(node: unknown, path: ReferencePlace): readonly ReferencePlace[] {
  if (!isNode(node)) return [];
  if (isReference(node)) return [path];
  const alternatives = [node['anyOf'], node['oneOf'], node['allOf']].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  const fields = isNode(node['properties']) ? Object.entries(node['properties']) : [];
  return [
    ...alternatives.flatMap((one: unknown) => placesBelow(one, path)),
    ...fields.flatMap(([key, one]) => placesBelow(one, [...path, key])),
    ...placesBelow(node['additionalProperties'], [...path, ANY]),
    ...placesBelow(node['items'], [...path, ANY]),
  ];
}
