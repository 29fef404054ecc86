import { dayText, LOCAL, timeText } from './time-zone.ts';

/** `13:09:20` by the clock of the reader. */
export function clockTime(ms: number): string {
  return timeText(ms, LOCAL);
}

/** `13:09` today, `30 Nov 13:09` on another day, by the clock of the reader. */
export function shortTime(ms: number, now: number): string {
  const [at, today] = [new Date(ms), new Date(now)];
  const time = clockTime(ms).slice(0, 5);
  if (at.toDateString() === today.toDateString()) return time;
  const year = at.getFullYear() === today.getFullYear() ? '' : ` ${at.getFullYear()}`;
  return `${dayText(ms, LOCAL)}${year} ${time}`;
}

/** `2026-11-29 13:09:20 UTC`: what the title of every time says. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
