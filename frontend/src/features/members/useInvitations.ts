import { useCallback, useEffect, useRef, useState } from 'react';
import { problemOf, useApi, useRecords } from '../../api/hooks.ts';
import type { Invitation, Invitations, Problem } from '../../api/wire.ts';

export interface InvitationsState {
  /** Newest first; undefined until the first answer. */
  readonly invitations: readonly Invitation[] | undefined;
  /** Why the list could not be asked for. */
  readonly problem: Problem | undefined;
  /** Why the last withdrawal was refused. */
  readonly refusal: Problem | undefined;
  /** Id of the one that is being withdrawn, "" for none. */
  readonly busy: string;
  /** The one withdrawn last. */
  readonly withdrawn: Invitation | undefined;
  reload(): void;
  withdraw(invitation: Invitation): void;
}

/** The open invitations this person may see. `made` counts those made on this page: another one is a reason to ask again. */
export function useInvitations(made: number): InvitationsState {
  const api = useApi();
  const [invitations, setInvitations] = useState<readonly Invitation[]>();
  const [problem, setProblem] = useState<Problem>();
  const [refusal, setRefusal] = useState<Problem>();
  const [busy, setBusy] = useState('');
  const [withdrawn, setWithdrawn] = useState<Invitation>();
  const asked = useRef(0);

  const load = useCallback(async () => {
    const mine = ++asked.current;
    try {
      const found = await api.get<Invitations>('/invitations');
      if (mine !== asked.current) return; // asked again meanwhile: that answer is newer
      setInvitations(found.invitations);
      setProblem(undefined);
    } catch (error) {
      if (mine === asked.current) setProblem(problemOf(error));
    }
  }, [api]);

  // Who joins has used an invitation.
  const seats = useRecords('membership').length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: both are reasons to ask again
  useEffect(() => void load(), [load, made, seats]);

  const withdraw = async (invitation: Invitation) => {
    setBusy(invitation.id);
    setRefusal(undefined);
    setWithdrawn(undefined);
    try {
      await api.delete(`/invitations/${invitation.id}`);
      setWithdrawn(invitation);
    } catch (error) {
      setRefusal(problemOf(error));
    }
    await load(); // also after a refusal: it may have been used or withdrawn elsewhere
    setBusy('');
  };
  return {
    invitations,
    problem,
    refusal,
    busy,
    withdrawn,
    reload: () => void load(),
    withdraw: (invitation) => void withdraw(invitation),
  };
}
