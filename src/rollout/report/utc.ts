const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Epoch ms -> `29 November 2026`, in UTC. */
export function dayInWords(ms: number): string {
  const at = new Date(ms);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** Epoch ms -> `29 November 2026 at 13:09:20 UTC`. */
export function instantInWords(ms: number): string {
  return `${dayInWords(ms)} at ${new Date(ms).toISOString().slice(11, 19)} UTC`;
}
