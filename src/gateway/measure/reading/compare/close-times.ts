/** Clocks tell seconds, as a rule. */
const TICK_MS = 1_000;
const DAY_MS = 86_400_000;
/** RFC 3339 section 5.6, the zone left away or not, and a space in place of the T; and RFC 9110 section 5.6.7. */
const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?$/i;
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const NUMBER = /^\d{10}(?:\d{3}){0,3}(?:\.\d{1,9})?$/;

/**
 * Whether two values of a flat document are times that differ by no more than the answers they are of. Of a version that is only slower,
 * fewer times are those of the answer before: that it is slower is said elsewhere.
 *
 * @param apartMs between the two answers
 * @param now epoch ms: a number is a time where it is one within a day of it
 */
export function closeTimes(apartMs: number, now: number): (one: string, other: string) => boolean {
  return (one, other) => {
    if (formOf(one) !== formOf(other)) return false;
    const [first, second] = [timeOf(one, now), timeOf(other, now)];
    return first !== null && second !== null && Math.abs(first - second) <= apartMs + TICK_MS;
  };
}

/** How it is written: another form is another value, whatever time it tells. */
function formOf(value: string): string {
  return value.replaceAll(/[.,]\d+/g, '.0').replaceAll(/\d/g, '0');
}

/** Epoch ms; null for what is no time. */
function timeOf(value: string, now: number): number | null {
  const text = value.slice(1);
  if (value.startsWith('s') && (DATE_TIME.test(text) || HTTP_DATE.test(text)))
    return Date.parse(text.replace(',', '.'));
  if (!NUMBER.test(text)) return null;
  const [whole = ''] = text.split('.', 1);
  const ms = Number(text) * 10 ** (13 - whole.length);
  return Math.abs(ms - now) <= DAY_MS ? ms : null;
}
