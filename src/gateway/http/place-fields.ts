/** The fields of an answer that may name a place, by their names in lower case. */
export const PLACE_FIELDS = ['location', 'content-location', 'refresh', 'link', 'set-cookie'] as const;
