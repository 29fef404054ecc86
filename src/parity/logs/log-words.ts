import { templateName } from './log-terms.ts';

const LONGEST = 120;

/** @example nameTemplate('error pay.Charge: card <*> declined') // 'error pay.Charge "card <*> declined"' */
export function nameTemplate(template: string): string {
  const { level, logger, text } = templateName(template);
  return `${[level, written(logger)].filter((part) => part !== '').join(' ')} "${written(text)}"`;
}

/** @example nameCall('http payments.internal') // 'the call of http payments.internal' */
export function nameCall(call: string): string {
  return `the call of ${written(call)}`;
}

/** Lines or calls in 1,000 requests: `8.2`. */
export function perThousand(count: number, requests: number): string {
  const rate = requests === 0 ? 0 : (1_000 * count) / requests;
  return String(Number(rate >= 100 ? rate.toFixed(0) : rate.toPrecision(2)));
}

/** What a service wrote, for a sentence: printable, and cut where it is long. */
export function written(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}...` : plain;
}
