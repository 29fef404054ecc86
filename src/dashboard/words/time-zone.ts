/** Whose clock is read. */
export interface TimeZone {
  readonly name: 'UTC' | 'local';
  /** What is added to UTC at that instant, in ms. */
  readonly offsetMs: (at: number) => number;
}

export const UTC: TimeZone = { name: 'UTC', offsetMs: () => 0 };
/** The reader's. */
export const LOCAL: TimeZone = { name: 'local', offsetMs: (at) => -new Date(at).getTimezoneOffset() * 60_000 };

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `30 Nov` */
export function dayText(at: number, zone: TimeZone): string {
  const day = new Date(at + zone.offsetMs(at));
  return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`;
}

/** `13:09:20`, by the clock of the zone. */
export function timeText(at: number, zone: TimeZone): string {
  return new Date(at + zone.offsetMs(at)).toISOString().slice(11, 19);
}
