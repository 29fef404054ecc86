const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Postgres refuses to compare a uuid with anything else; an id that is not a uuid matches nothing. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
