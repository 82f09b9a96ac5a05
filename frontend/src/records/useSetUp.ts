import { useReach } from '../api/hooks.ts';

/** What a person can set up: the departments whose pipelines he looks after, and whether he defines fields. */
export interface SetUp {
  readonly departments: readonly string[];
  readonly fields: boolean;
  readonly something: boolean;
}

/** What the signed-in person can set up; the server decides again each time. */
export function useSetUp(): SetUp {
  const { departments } = useReach('administer:pipeline');
  const fields = useReach('administer:field').departments.includes('');
  return { departments, fields, something: departments.length > 0 || fields };
}
