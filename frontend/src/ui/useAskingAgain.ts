import { useEffect } from 'react';

const againMs = 3_000;

/**
 * Asks again for what could not be got: when the network is back, and every three
 * seconds, for a browser whose Wi-Fi leads nowhere takes itself for connected.
 */
export function useAskingAgain(missing: boolean, ask: () => void): void {
  useEffect(() => {
    if (!missing) return;
    const every = setInterval(ask, againMs);
    window.addEventListener('online', ask);
    return () => {
      clearInterval(every);
      window.removeEventListener('online', ask);
    };
  }, [missing, ask]);
}
