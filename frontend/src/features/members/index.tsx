import { Button } from '@mantine/core';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { useMay, useRecords } from '../../api/hooks.ts';
import { PageHead } from '../../ui/index.ts';
import { DepartmentDialog, type DepartmentDraft } from './DepartmentDialog.tsx';
import { DepartmentSection } from './DepartmentSection.tsx';
import { InviteDialog } from './InviteDialog.tsx';
import { LinkDialog, type MadeLink } from './LinkDialog.tsx';
import classes from './members.module.css';
import { membersTree, peopleWithoutRole } from './membersTree.ts';
import { OpenLinks } from './OpenLinks.tsx';
import { PersonRow } from './PersonRow.tsx';

/** Departments as a tree, who is in them and as what. */
export function MembersPage() {
  const intl = useIntl();
  const departments = useRecords('department');
  const memberships = useRecords('membership');
  const users = useRecords('user');
  const mayPlace = useMay('administer:department');
  const mayInvite = useMay('administer:membership');
  const mayReset = useMay('administer:user');
  const [inviteTo, setInviteTo] = useState<string>();
  const [department, setDepartment] = useState<DepartmentDraft>();
  const [link, setLink] = useState<MadeLink>();
  const [made, setMade] = useState(0);
  const issue = (issued: MadeLink) => {
    setLink(issued);
    setMade((count) => count + 1);
  };

  const tree = membersTree(departments, memberships, users, intl.locale);
  const others = peopleWithoutRole(memberships, users);
  const facts = intl.formatMessage({ id: 'members.facts' }, { people: users.length, departments: departments.length });
  return (
    <>
      <PageHead title={intl.formatMessage({ id: 'members.title' })} facts={facts}>
        {mayPlace && (
          <Button variant="default" onClick={() => setDepartment({ parentId: tree[0]?.department.id ?? '' })}>
            {intl.formatMessage({ id: 'members.newDepartment' })}
          </Button>
        )}
        {mayInvite && (
          <Button onClick={() => setInviteTo(tree[0]?.department.id ?? '')}>
            {intl.formatMessage({ id: 'members.invite' })}
          </Button>
        )}
      </PageHead>
      <div className={classes['list']}>
        {(mayInvite || mayReset) && <OpenLinks made={made} />}
        {tree.map((node) => (
          <DepartmentSection key={node.department.id} node={node} onEdit={setDepartment} onInvite={setInviteTo} onLink={issue} />
        ))}
        {others.length > 0 && (
          <section aria-labelledby="no-role">
            <h2 id="no-role">{intl.formatMessage({ id: 'members.noRole' })}</h2>
            <ul className={classes['people']}>
              {others.map((user) => (
                <PersonRow key={user.id} user={user} membership={undefined} onLink={issue} />
              ))}
            </ul>
          </section>
        )}
      </div>
      {inviteTo !== undefined && <InviteDialog departmentId={inviteTo} onClose={() => setInviteTo(undefined)} onMade={issue} />}
      {department && <DepartmentDialog draft={department} onClose={() => setDepartment(undefined)} />}
      {link && <LinkDialog link={link} onClose={() => setLink(undefined)} />}
    </>
  );
}
