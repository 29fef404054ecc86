import { dayText, LOCAL, timeText } from './time-zone.ts';

/** `13:09:20` today, `30 Nov 13:09:20` on another day, by the clock of the reader: a page may stay open, and a rollout may last, for days. */
export function clockTime(ms: number, now = Date.now()): string {
  const [at, today] = [new Date(ms), new Date(now)];
  const time = timeText(ms, LOCAL);
  if (at.toDateString() === today.toDateString()) return time;
  const year = at.getFullYear() === today.getFullYear() ? '' : ` ${at.getFullYear()}`;
  return `${dayText(ms, LOCAL)}${year} ${time}`;
}

/** The same without the seconds: `13:09`. */
export function shortTime(ms: number, now: number): string {
  return clockTime(ms, now).slice(0, -3);
}

/** `2026-11-29 13:09:20 UTC`: what the title of every time says. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
