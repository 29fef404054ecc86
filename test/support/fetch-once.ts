/**
 * `fetch` on a connection of its own, which ends with the answer. A gateway that ends leaves idle connections open until their own
 * time-out of 15 s, so that nobody's request is lost: a test that stops its server would wait for the one that `fetch` keeps.
 */
export function fetchOnce(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, { headers: { ...headers, connection: 'close' } });
}
