import { type CrmRecord, text } from '../../api/hooks.ts';

/** A department in the order it is shown, with its people. */
export interface DepartmentNode {
  readonly department: CrmRecord;
  /** 0 for the company itself. */
  readonly depth: number;
  readonly people: readonly Seat[];
}

/** A person in a department; who works in two has two. */
export interface Seat {
  readonly user: CrmRecord;
  readonly membership: CrmRecord;
}

/** The departments as a flat list: each before those below it, siblings and people by name. */
export function membersTree(
  departments: readonly CrmRecord[],
  memberships: readonly CrmRecord[],
  users: readonly CrmRecord[],
  locale: string,
): DepartmentNode[] {
  const collator = new Intl.Collator(locale);
  const byName = (a: CrmRecord, b: CrmRecord) => collator.compare(text(a, 'name'), text(b, 'name'));
  const known = new Set(departments.map(({ id }) => id));
  const userById = new Map(users.map((user) => [user.id, user]));

  const seatsIn = (id: string): Seat[] =>
    memberships
      .filter((membership) => text(membership, 'departmentId') === id)
      .flatMap((membership) => {
        const user = userById.get(text(membership, 'userId'));
        return user ? [{ user, membership }] : [];
      })
      .sort((a, b) => byName(a.user, b.user));

  const below = (parentId: string, depth: number): DepartmentNode[] =>
    departments
      .filter((department) => parentOf(department) === parentId)
      .sort(byName)
      .flatMap((department) => [{ department, depth, people: seatsIn(department.id) }, ...below(department.id, depth + 1)]);

  // Below a department that is not visible to the reader: shown as a root.
  const parentOf = (department: CrmRecord) => (known.has(text(department, 'parentId')) ? text(department, 'parentId') : '');
  return below('', 0);
}

/** People who hold no role anywhere. */
export function peopleWithoutRole(memberships: readonly CrmRecord[], users: readonly CrmRecord[]): CrmRecord[] {
  const seated = new Set(memberships.map((membership) => text(membership, 'userId')));
  return users.filter(({ id }) => !seated.has(id));
}

/** The roles of a department, from the one that sees least. */
export const roles = ['guest', 'member', 'lead', 'head', 'admin'] as const;
