import { useCallback, useEffect, useRef, useState } from 'react';
import { problemOf, useApi, useRecords } from '../../api/hooks.ts';
import type { OpenLink, OpenLinks, Problem } from '../../api/wire.ts';

/** The links that were made and not used yet. */
export interface OpenLinksState {
  /** Newest first; undefined until the first answer. */
  readonly links: readonly OpenLink[] | undefined;
  /** Why the list could not be asked for. */
  readonly problem: Problem | undefined;
  /** Why the last withdrawal was refused. */
  readonly refusal: Problem | undefined;
  /** Id of the one that is being withdrawn, "" for none. */
  readonly busy: string;
  /** The one withdrawn last. */
  readonly withdrawn: OpenLink | undefined;
  reload(): void;
  withdraw(link: OpenLink): void;
}

/** The unused links this person decides about. `made` counts those made on this page: another one is a reason to ask again. */
export function useOpenLinks(made: number): OpenLinksState {
  const api = useApi();
  const [links, setLinks] = useState<readonly OpenLink[]>();
  const [problem, setProblem] = useState<Problem>();
  const [refusal, setRefusal] = useState<Problem>();
  const [busy, setBusy] = useState('');
  const [withdrawn, setWithdrawn] = useState<OpenLink>();
  const asked = useRef(0);

  const load = useCallback(async () => {
    const mine = ++asked.current;
    try {
      const found = await api.get<OpenLinks>('/invitations');
      if (mine !== asked.current) return; // asked again meanwhile: that answer is newer
      setLinks(found.links);
      setProblem(undefined);
    } catch (error) {
      if (mine === asked.current) setProblem(problemOf(error));
    }
  }, [api]);

  // Who joins has used one.
  const seats = useRecords('membership').length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: both are reasons to ask again
  useEffect(() => void load(), [load, made, seats]);

  const withdraw = async (link: OpenLink) => {
    setBusy(link.id);
    setRefusal(undefined);
    setWithdrawn(undefined);
    try {
      await api.delete(`/invitations/${link.id}`);
      setWithdrawn(link);
    } catch (error) {
      setRefusal(problemOf(error));
    }
    await load(); // also after a refusal: it may have been used or withdrawn elsewhere
    setBusy('');
  };
  return {
    links,
    problem,
    refusal,
    busy,
    withdrawn,
    reload: () => void load(),
    withdraw: (link) => void withdraw(link),
  };
}
