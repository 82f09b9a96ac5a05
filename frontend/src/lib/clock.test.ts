import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forgetServerTime, hearServerTime, serverNow } from './clock.ts';

const true12 = Date.parse('2026-11-24T12:00:00Z');
const day = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  forgetServerTime();
});

it.each([
  ['[M15] a device three days ahead', 3 * day],
  ['[M15] a device three days behind', -3 * day],
  ['a device that is right', 0],
])('%s shows the time of the server', (_name, wrongBy) => {
  vi.setSystemTime(true12 + wrongBy);
  hearServerTime('2026-11-24T12:00:00.000Z');
  vi.advanceTimersByTime(5_000);
  expect(serverNow()).toBe(true12 + 5_000);
});

it('goes by the own clock until the server has been heard', () => {
  vi.setSystemTime(true12);
  hearServerTime(null);
  hearServerTime('');
  hearServerTime('yesterday');
  expect(serverNow()).toBe(true12);
});

it('reads the date of an HTTP answer, and a finer time corrects it', () => {
  vi.setSystemTime(0);
  hearServerTime('Tue, 24 Nov 2026 12:00:00 GMT');
  expect(serverNow()).toBe(true12);
  hearServerTime('2026-11-24T12:00:00.700Z');
  expect(serverNow()).toBe(true12 + 700);
});

it('is not set back by a message that was long on its way', () => {
  vi.setSystemTime(0);
  hearServerTime('2026-11-24T12:00:00.000Z');
  vi.advanceTimersByTime(20_000);
  hearServerTime('2026-11-24T12:00:05.000Z');
  expect(serverNow()).toBe(true12 + 20_000);
});

it('[M15] follows when the clock of the device is set under way', () => {
  vi.setSystemTime(true12 - 3 * day);
  hearServerTime('2026-11-24T12:00:00.000Z');
  vi.setSystemTime(true12);
  hearServerTime('2026-11-24T12:00:00.000Z');
  expect(serverNow()).toBe(true12);
});
