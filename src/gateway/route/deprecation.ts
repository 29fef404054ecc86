import { endOfDay } from '../../consumers/consumer.ts';
import type { Deprecation } from '../../split/order.ts';
import type { UpstreamHead } from '../upstream/upstream-client.ts';

/** What an answer of the old version says of its end. */
export interface EndNotice {
  /** RFC 9745: the day from which on the version is deprecated, in seconds. */
  readonly deprecation: string;
  /** RFC 8594: the last second on which it answers, as an HTTP date; null where nobody has said. */
  readonly sunset: string | null;
  /** A page about it for people; null where the policy names none. */
  readonly link: string | null;
}

const MOST_REMEMBERED = 1_000;

/** What is told to consumers who are still on the old version of a route. One notice for each due date. */
export class DeprecationNotices {
  private readonly declared: Deprecation;
  private readonly byDue = new Map<string | null, EndNotice>();

  constructor(declared: Deprecation) {
    this.declared = declared;
  }

  /** @param due the consumer's own last day; one before the deprecation would contradict it (RFC 9745 section 4), and is not told */
  of(due: string | null): EndNotice {
    const known = this.byDue.get(due);
    if (known !== undefined) return known;
    const { since, sunset, link } = this.declared;
    const last = due !== null && due >= since ? due : sunset;
    const notice = {
      deprecation: `@${Date.parse(`${since}T00:00:00Z`) / 1_000}`,
      sunset: last === null ? null : new Date(endOfDay(last) - 1_000).toUTCString(),
      link,
    };
    if (this.byDue.size < MOST_REMEMBERED) this.byDue.set(due, notice);
    return notice;
  }
}

/** The head with the notice; a field that the version sends itself stays as it is, and is linked by nobody else. */
export function noticedHead(head: UpstreamHead, notice: EndNotice | null): UpstreamHead {
  if (notice === null) return head;
  const said = new Set(head.rawHeaders.flatMap((text, at) => (at % 2 === 0 ? [text.toLowerCase()] : [])));
  const fields: [name: string, value: string][] = [];
  const relations: string[] = [];
  if (!said.has('deprecation')) {
    fields.push(['Deprecation', notice.deprecation]);
    relations.push('deprecation');
  }
  if (notice.sunset !== null && !said.has('sunset')) {
    fields.push(['Sunset', notice.sunset]);
    relations.push('sunset');
  }
  if (notice.link !== null && relations.length > 0) {
    fields.push(['Link', `<${notice.link}>; rel="${relations.join(' ')}"`]);
  }
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return {
    ...head,
    rawHeaders: [...head.rawHeaders, ...fields.flat()],
    passing: head.passing === null ? null : head.passing + lines,
  };
}
