import type { FactText } from '../../../../stats/answers/shape-fact.ts';
import type { UpstreamHead } from '../../../upstream/upstream-client.ts';

/** Fields that say how the answer came and not what it is. */
const OF_THE_WAY = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);
const MOST_OF_A_HEAD = 40;
const LONGEST_NAME = 80;
/** Names, as they are written, whose facts are held ready. */
const MOST_HELD = 1_000;
/** In place of a fact, for the field whose value is told. */
const TYPE = 'type';
const held = new Map<string, FactText | null>();

/** The names of the fields of a head, and its type without parameters; some more than once. */
export function headFacts({ passing, rawHeaders }: UpstreamHead): FactText[] {
  const facts: FactText[] = [];
  if (passing === null) {
    for (let at = 0; at < rawHeaders.length && facts.length < MOST_OF_A_HEAD; at += 2) {
      add(facts, rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
    }
    return facts;
  }
  // As it came: a status line, and lines that end alike.
  let from = passing.indexOf('\r\n') + 2;
  for (let to = passing.indexOf('\r\n', from); to > from && facts.length < MOST_OF_A_HEAD; ) {
    const colon = passing.indexOf(':', from);
    if (colon < to) add(facts, passing.slice(from, colon), passing, colon + 1, to);
    from = to + 2;
    to = passing.indexOf('\r\n', from);
  }
  return facts;
}

function add(facts: FactText[], name: string, text: string, from = 0, to = text.length): void {
  let fact = held.get(name);
  if (fact === undefined) {
    fact = factOf(name);
    if (held.size >= MOST_HELD) held.clear();
    // A part of a head would keep the whole of it.
    held.set(Buffer.from(name, 'latin1').toString('latin1'), fact);
  }
  if (fact === TYPE) facts.push(`type ${typeIn(text.slice(from, to))}`);
  else if (fact !== null) facts.push(fact);
}

function factOf(name: string): FactText | null {
  const lower = name.toLowerCase();
  if (lower === 'content-type') return TYPE;
  return OF_THE_WAY.has(lower) || name.length > LONGEST_NAME ? null : `header ${lower}`;
}

function typeIn(value: string): string {
  const [type = ''] = value.split(';', 1);
  return type.trim().slice(0, LONGEST_NAME).toLowerCase();
}
