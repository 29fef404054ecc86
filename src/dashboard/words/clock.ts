const two = (value: number) => String(value).padStart(2, '0');

/** `13:09:20` by the clock of the reader. */
export function clockTime(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `13:09` today, `30 Nov 13:09` on another day, by the clock of the reader. */
export function shortTime(ms: number, now: number): string {
  const [at, today] = [new Date(ms), new Date(now)];
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === today.toDateString()) return time;
  const day = `${at.getDate()} ${MONTHS[at.getMonth()]}`;
  return `${day}${at.getFullYear() === today.getFullYear() ? '' : ` ${at.getFullYear()}`} ${time}`;
}

/** `2026-11-29 13:09:20 UTC`: what the title of every time says. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
