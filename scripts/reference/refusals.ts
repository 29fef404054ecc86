export interface ToldRefusal {
  readonly status: number;
  /** The words of the gateway, with … for what differs. */
  readonly detail: string;
  readonly when: string;
  /** `nobody` when it is left out. */
  readonly charged?: string;
}

const FRAMING = 'Two servers could read the request differently (request smuggling)';
const VERSION = 'the version, and then the canary’s failure may be answered by the stable';

/** Every answer that the gateway gives by itself, by status. */
export const REFUSALS: readonly ToldRefusal[] = [
  {
    status: 400,
    detail: 'The request is not valid HTTP/1.1.',
    when: 'Bytes that are no request, such as TLS on this port',
  },
  { status: 400, detail: 'The request line does not say HTTP/1.1.', when: 'Another version than 1.1 and 1.0' },
  { status: 400, detail: 'The request has no Host header.', when: 'RFC 9112 section 3.2' },
  { status: 400, detail: 'The request has more than one Host header.', when: FRAMING },
  { status: 400, detail: 'The Host header is empty.', when: 'An http URI has a host' },
  {
    status: 400,
    detail: 'The Host header is not a host with an optional port.',
    when: 'User info, a path or blanks in it',
  },
  {
    status: 400,
    detail: 'The request has more than one Authorization header.',
    when: 'The upstream might believe another one than the version was chosen by',
  },
  { status: 400, detail: 'No body is as long as that.', when: 'A `Content-Length` of too many digits' },
  { status: 400, detail: 'The length of the body is said in two ways.', when: FRAMING },
  { status: 400, detail: 'The only transfer coding that is served is chunked.', when: 'Another `Transfer-Encoding`' },
  {
    status: 400,
    detail: 'The only transfer coding that is served is chunked, without blanks behind it.',
    when: FRAMING,
  },
  { status: 400, detail: 'An HTTP/1.0 request cannot have a Transfer-Encoding.', when: FRAMING },
  {
    status: 400,
    detail: 'The request target is not a path.',
    when: 'A target that is no path, such as a `CONNECT` authority',
  },
  {
    status: 400,
    detail: 'The request target is not valid (RFC 9112 section 3.2).',
    when: 'A target that the parser refuses',
  },
  {
    status: 400,
    detail: 'The request target has the byte 0x…, which has to be percent-encoded: %….',
    when: 'A blank, a control character or a byte beyond ASCII',
  },
  {
    status: 400,
    detail: 'The request target has a #: a fragment is not sent to servers (RFC 9112 section 3.2).',
    when: 'A fragment',
  },
  {
    status: 400,
    detail: 'The path has a backslash, which could mean another path to a server behind the gateway.',
    when: 'A backslash',
  },
  {
    status: 400,
    detail: 'The path has a .. segment, which could mean another path to a server behind the gateway.',
    when: '`..` in any spelling',
  },
  {
    status: 400,
    detail: 'The path has an encoded slash or backslash, which this route does not take (encodedSlash: pass).',
    when: '`%2F` or `%5C`; see [routes](../routes.md#encoded-slashes-and-what-is-refused-in-a-path)',
  },
  {
    status: 400,
    detail: 'The request has more than one … header, by which this route chooses.',
    when: 'The upstream could use another line than the choice was made by',
  },
  {
    status: 400,
    detail: 'The query has more than one …, by which this route chooses.',
    when: 'The same, of a `consumerKey` in the query',
  },
  { status: 404, detail: 'No route of this gateway matches the request.', when: '`serin doctor --try URL` says why' },
  { status: 408, detail: 'The request head did not arrive in time.', when: '`timeouts.headers` is over' },
  {
    status: 408,
    detail: 'The request body did not arrive in time.',
    when: '`timeouts.upload`, or `uploadGrace` with `uploadBytesPerSecond`, is over',
  },
  {
    status: 412,
    detail: 'The … header names no version that this route has now, and the request was not sent to another one.',
    when: 'A forced version that is not there, such as `canary` after a rollback; `unfollowedForce: ignore` lets it pass',
  },
  { status: 413, detail: 'The request body is larger than this gateway takes.', when: '`limits.bodyBytes`' },
  { status: 414, detail: 'The request target is longer than … bytes.', when: '`limits.urlBytes`' },
  { status: 431, detail: 'The request head is larger than this gateway takes.', when: '`limits.headerBytes`' },
  { status: 431, detail: 'There are more than … header fields.', when: '`limits.headerCount`' },
  {
    status: 500,
    detail: 'The gateway failed; its log says why.',
    when: 'A bug in Serin: `internalError` in the log has the `X-Request-Id` of the answer',
  },
  {
    status: 501,
    detail: 'The method is not one that this gateway knows.',
    when: 'A method that the parser does not know',
  },
  { status: 501, detail: 'The only protocol to upgrade to is websocket.', when: '`Upgrade` to anything else' },
  {
    status: 502,
    detail: 'The upstream gave no usable answer.',
    when: 'Refused, reset, not TLS that is trusted, no HTTP/1.1; or no resolver answered',
    charged: `${VERSION}; nobody where no resolver answered, or where the client was waited for`,
  },
  {
    status: 503,
    detail: 'The gateway has as much to do as it may take on.',
    when: 'A limit of `gateway.limits`, or no descriptor, port or memory; carries `Retry-After: 1`',
  },
  {
    status: 504,
    detail: 'The upstream did not answer in time.',
    when: '`timeouts.connect` or `timeouts.answer` is over',
    charged: VERSION,
  },
  {
    status: 508,
    detail: 'The request has been through this gateway before: one of its upstreams leads back to it.',
    when: 'A loop; see [routes](../routes.md#loops)',
  },
];

/** Sentences that the gateway throws at who configures it, and not at clients. */
const THROWN = [/^The gateway has no route/, /^The upstream URL of/];

/** Every public sentence in texts of the gateway, with … for what is put in. */
export function refusalsIn(texts: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const text of texts) {
    const constants = new Map(
      [...text.matchAll(/^const ([A-Z_]+) = '(.*)';$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    for (const [, , sentence = ''] of text.matchAll(/(['`])((?:The|There|No|An) [^'`\n]*(?:\.|\$\{[A-Z_]+\}))\1/g)) {
      const said = sentence
        .replaceAll(/\$\{([A-Z_]+)\}/g, (whole, name: string) => constants.get(name) ?? whole)
        .replaceAll(/\$\{[^}]+\}/g, '…');
      if (!THROWN.some((thrown) => thrown.test(said))) found.add(said);
    }
  }
  return found;
}
