/** By what a person was let in. */
export const MEANS = ['token', 'session', 'oidc'] as const;
export type Means = (typeof MEANS)[number];
