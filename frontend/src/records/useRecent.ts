import { useEffect, useState } from 'react';
import { serverNow } from '../lib/clock.ts';

/** Whether a moment (milliseconds since 1970) is at most `spanMs` ago; turns false by itself. */
export function useRecent(at: number | undefined, spanMs: number): boolean {
  const [now, setNow] = useState(() => serverNow());
  useEffect(() => {
    if (at === undefined) return undefined;
    setNow(serverNow());
    const timer = setTimeout(() => setNow(serverNow()), Math.max(0, at + spanMs - serverNow()) + 1);
    return () => clearTimeout(timer);
  }, [at, spanMs]);
  return at !== undefined && now < at + spanMs;
}

/** The time, looked at again every minute: ages and "today" do not stand still on a screen left open. */
export function useMinute(): number {
  const [now, setNow] = useState(() => serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
