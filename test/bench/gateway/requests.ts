/** What every contender is asked, in the same words. */
export interface RequestSpec {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly bodyBytes: number;
}

/** Listed and unlisted consumers, as many users as it takes for a split to be even. */
const USERS = 1_024;
export const CONSUMERS = 64;

export function consumerKey(at: number): string {
  return `key-${at % CONSUMERS}-4f9d2c61a07be835`;
}

/** The bytes of one request per user: the headers of an ordinary API client. */
export function requestBytes({ method, path, bodyBytes }: RequestSpec): readonly Buffer[] {
  return Array.from({ length: USERS }, (_, user) => {
    const lines = [
      `${method} ${path}?page=${user} HTTP/1.1`,
      'Host: shop.example',
      'User-Agent: bench/1.0 (x86_64; linux)',
      'Accept: application/json, text/plain, */*',
      'Accept-Encoding: identity',
      'Accept-Language: en-GB,en;q=0.8',
      `X-Api-Key: ${consumerKey(user)}`,
      `X-User: user-${user}`,
      ...(bodyBytes > 0 ? ['Content-Type: application/octet-stream', `Content-Length: ${bodyBytes}`] : []),
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${'x'.repeat(bodyBytes)}`, 'latin1');
  });
}
