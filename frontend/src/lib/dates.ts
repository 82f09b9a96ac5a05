import { serverNow } from './clock.ts';

const dayMs = 86_400_000;

/** The calendar date of a moment in a time zone, as 2026-11-24. */
export function dateIn(timeZone: string, at: number | Date = serverNow()): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(at);
}

/** Whole days from one calendar date to another; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs);
}

/** A calendar date for Intl: noon UTC, formatted with timeZone UTC, so that no zone shifts it. */
export function asUtcNoon(date: string): Date {
  return new Date(`${date}T12:00:00Z`);
}

/** A distance in time in the largest unit that fits, for Intl.RelativeTimeFormat. */
export function relative(
  from: number,
  to: number,
): { value: number; unit: 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year' } {
  const seconds = Math.round((from - to) / 1_000);
  const size = Math.abs(seconds);
  if (size < 60) return { value: seconds, unit: 'second' };
  if (size < 3_600) return { value: Math.trunc(seconds / 60), unit: 'minute' };
  if (size < 86_400) return { value: Math.trunc(seconds / 3_600), unit: 'hour' };
  if (size < 30 * 86_400) return { value: Math.trunc(seconds / 86_400), unit: 'day' };
  if (size < 365 * 86_400) return { value: Math.trunc(seconds / (30 * 86_400)), unit: 'month' };
  return { value: Math.trunc(seconds / (365 * 86_400)), unit: 'year' };
}
