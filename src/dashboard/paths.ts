/** The page of a rollout. */
export function rolloutPage(id: string): string {
  return `/ui${rolloutInApi(id)}`;
}

/** The page of a route. */
export function routePage(name: string): string {
  return `/ui${routeInApi(name)}`;
}

/** A rollout in the API, below `/api/v1`. */
export function rolloutInApi(id: string): string {
  return `/rollouts/${encodeURIComponent(id)}`;
}

/** A route in the API, below `/api/v1`. */
export function routeInApi(name: string): string {
  return `/routes/${encodeURIComponent(name)}`;
}
