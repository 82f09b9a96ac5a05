import { useEffect, useState } from 'react';
import { problemOf, useApi } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';

/** What the holder of a link may know of it; expiresAt is a time of RFC 3339. */
export interface LinkView {
  readonly kind: 'invite' | 'reset';
  readonly workspace: string;
  readonly email: string;
  readonly name?: string;
  readonly expiresAt: string;
}

/** What a link is for, as far as its holder may know: undefined while asking. */
export function useLink(token: string): { view?: LinkView; problem?: Problem } | undefined {
  const api = useApi();
  const [answer, setAnswer] = useState<{ view?: LinkView; problem?: Problem }>();
  useEffect(() => {
    let current = true;
    api.post<LinkView>('/invitations/look', { token }).then(
      (view) => current && setAnswer({ view }),
      (error) => current && setAnswer({ problem: problemOf(error) }),
    );
    return () => {
      current = false;
    };
  }, [api, token]);
  return answer;
}
