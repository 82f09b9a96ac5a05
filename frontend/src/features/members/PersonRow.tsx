import { ActionIcon, Menu, NativeSelect } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { type CrmRecord, problemOf, text, useApi, useCommand, useMay, useMe } from '../../api/hooks.ts';
import { Face, NotShared, useProblemText } from '../../ui/index.ts';
import type { IssuedLink, MadeLink } from './LinkDialog.tsx';
import classes from './members.module.css';
import { roles } from './membersTree.ts';

interface PersonRowProps {
  readonly user: CrmRecord;
  readonly membership: CrmRecord | undefined;
  onLink(link: MadeLink): void;
}

/** A person, the role held here, and what an admin can do. */
export function PersonRow({ user, membership, onLink }: PersonRowProps) {
  const intl = useIntl();
  const me = useMe();
  const name = text(user, 'name');
  const gone = text(user, 'disabledAt') !== '';
  return (
    <li className={classes['person']} data-gone={gone || undefined}>
      <Face userId={user.id} name={name} nameBeside />
      <span className={classes['name']}>
        <b>{name}</b>
        {user.id === me?.id && <span className="soft"> {intl.formatMessage({ id: 'members.you' })}</span>}
        {gone && <span className="soft"> {intl.formatMessage({ id: 'members.noAccess' })}</span>}
        <small className="soft">{user.masked.includes('reach') ? <NotShared /> : text(user, 'email')}</small>
      </span>
      {membership && <RoleSelect membership={membership} name={name} />}
      <PersonMenu user={user} membership={membership} onLink={onLink} />
    </li>
  );
}

function RoleSelect({ membership, name }: { membership: CrmRecord; name: string }) {
  const intl = useIntl();
  const run = useCommand();
  const may = useMay('administer:membership');
  const role = text(membership, 'role');
  const label = (key: string) => intl.formatMessage({ id: `members.role_${key}` });
  if (!may) return <span className="soft">{label(role)}</span>;
  return (
    <NativeSelect
      aria-label={intl.formatMessage({ id: 'members.roleOf' }, { name })}
      value={role}
      data={roles.map((key) => ({ value: key, label: label(key) }))}
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        void run({
          name: 'member.set',
          args: { userId: text(membership, 'userId'), departmentId: text(membership, 'departmentId'), role: chosen, was: role },
          label: intl.formatMessage({ id: 'members.roleSet' }, { name, role: label(chosen) }),
        });
      }}
    />
  );
}

function PersonMenu({ user, membership, onLink }: PersonRowProps) {
  const intl = useIntl();
  const api = useApi();
  const run = useCommand();
  const problemText = useProblemText();
  const mayPeople = useMay('administer:user');
  const maySeats = useMay('administer:membership');
  const [problem, setProblem] = useState('');
  const name = text(user, 'name');
  const gone = text(user, 'disabledAt') !== '';
  if (!mayPeople && !(maySeats && membership)) return null;

  const makeLink = async () => {
    setProblem('');
    try {
      const issued = await api.post<IssuedLink>(`/people/${user.id}/reset-link`, {});
      onLink({ ...issued, kind: 'reset', name });
    } catch (error) {
      setProblem(problemText(problemOf(error)));
    }
  };
  return (
    <>
      {problem && (
        <span role="alert" className={classes['problem']}>
          {problem}
        </span>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={intl.formatMessage({ id: 'members.more' }, { name })}>
            <IconDots size={18} stroke={1.6} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayPeople && !gone && (
            <Menu.Item onClick={() => void makeLink()}>{intl.formatMessage({ id: 'members.resetLink' })}</Menu.Item>
          )}
          {maySeats && membership && (
            <Menu.Item
              onClick={() =>
                void run({
                  name: 'member.set',
                  args: {
                    userId: user.id,
                    departmentId: text(membership, 'departmentId'),
                    role: '',
                    was: text(membership, 'role'),
                  },
                  label: intl.formatMessage({ id: 'members.removed' }, { name }),
                })
              }
            >
              {intl.formatMessage({ id: 'members.remove' })}
            </Menu.Item>
          )}
          {mayPeople && (
            <Menu.Item
              onClick={() =>
                void run({
                  name: gone ? 'person.enable' : 'person.disable',
                  args: { id: user.id },
                  label: intl.formatMessage({ id: gone ? 'members.enabled' : 'members.disabled' }, { name }),
                })
              }
            >
              {intl.formatMessage({ id: gone ? 'members.enable' : 'members.disable' })}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
