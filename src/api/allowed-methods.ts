import type { Hono } from 'hono';

/** Which methods a path answers; none where there is nothing (RFC 9110 sections 10.2.1 and 15.5.6). */
export function allowedMethods(routes: Hono['routes']): (path: string) => readonly string[] {
  // Middleware is registered for every method.
  const doors = routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({ method, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`) }));
  return (path) => {
    const methods = new Set(doors.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods].toSorted();
  };
}
