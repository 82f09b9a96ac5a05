import { describe, expect, it } from 'vitest';
import { asUtcNoon, dateIn, daysBetween } from './dates.ts';

describe('dateIn', () => {
  it.each([
    ['the last moment before the clocks go forward', 'Europe/Madrid', '2027-03-27T22:59:59Z', '2027-03-27'],
    ['the day on which an hour is missing', 'Europe/Madrid', '2027-03-28T01:30:00Z', '2027-03-28'],
    ['the end of that day', 'Europe/Madrid', '2027-03-28T21:59:59Z', '2027-03-28'],
    ['the day on which an hour comes twice', 'Europe/Madrid', '2027-10-31T22:59:59Z', '2027-10-31'],
    ['a day that begins at one o’clock', 'Africa/Cairo', '2027-04-29T22:00:00Z', '2027-04-30'],
    ['midnight, which is the day that begins', 'Asia/Taipei', '2026-11-23T16:00:00Z', '2026-11-24'],
    ['a day that is over elsewhere', 'Pacific/Kiritimati', '2026-11-23T10:00:00Z', '2026-11-24'],
  ])('[H13] %s', (_name, zone, at, want) => {
    expect(dateIn(zone, Date.parse(at))).toBe(want);
  });
});

describe('daysBetween', () => {
  it.each([
    ['over a day of 23 hours', '2027-03-27', '2027-03-29', 2],
    ['over a day of 25 hours', '2027-10-30', '2027-11-01', 2],
    ['over the day that leap years have', '2028-02-28', '2028-03-01', 2],
    ['back', '2028-03-01', '2028-02-28', -2],
    ['from the first day to the last', '0001-01-01', '9999-12-31', 3_652_058],
  ])('[H13] %s', (_name, from, to, want) => {
    expect(daysBetween(from, to)).toBe(want);
  });
});

it.each(['0001-01-01', '1900-02-28', '2027-03-28', '9999-12-31'])(
  '[H13] shows %s as that day, wherever the reader is',
  (date) => {
    const shown = new Intl.DateTimeFormat('en', { timeZone: 'UTC', year: 'numeric', month: 'numeric', day: 'numeric' });
    const [month, day, year] = shown.format(asUtcNoon(date)).split('/').map(Number);
    const [y, m, d] = date.split('-').map(Number);
    // Intl counts the days of the first centuries by the calendar they had then.
    if ((y ?? 0) > 1582) expect([year, month, day]).toEqual([y, m, d]);
    expect(asUtcNoon(date).toISOString().slice(0, 10)).toBe(date);
  },
);
