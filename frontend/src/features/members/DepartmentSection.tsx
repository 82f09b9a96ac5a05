import { ActionIcon } from '@mantine/core';
import { IconPencil, IconPlus, IconUserPlus } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { text, useMay } from '../../api/hooks.ts';
import type { DepartmentDraft } from './DepartmentDialog.tsx';
import type { MadeLink } from './LinkDialog.tsx';
import classes from './members.module.css';
import type { DepartmentNode } from './membersTree.ts';
import { PersonRow } from './PersonRow.tsx';

interface DepartmentSectionProps {
  readonly node: DepartmentNode;
  onEdit(draft: DepartmentDraft): void;
  onInvite(departmentId: string): void;
  onLink(link: MadeLink): void;
}

/** One department: its name, what one may do with it, and its people. */
export function DepartmentSection({ node, onEdit, onInvite, onLink }: DepartmentSectionProps) {
  const intl = useIntl();
  const mayPlace = useMay('administer:department');
  const mayInvite = useMay('administer:membership');
  const { department, depth, people } = node;
  const name = text(department, 'name');
  const heading = `department-${department.id}`;
  return (
    <section aria-labelledby={heading} style={{ '--depth': depth } as React.CSSProperties} className={classes['department']}>
      <header>
        <h2 id={heading}>{name}</h2>
        <span className="soft num">{intl.formatMessage({ id: 'members.count' }, { count: people.length })}</span>
        <span className={classes['tools']}>
          {mayPlace && (
            <>
              <ActionIcon
                aria-label={intl.formatMessage({ id: 'members.rename' }, { name })}
                onClick={() =>
                  onEdit({ id: department.id, basedOn: department.version, name, parentId: text(department, 'parentId') })
                }
              >
                <IconPencil size={18} stroke={1.6} />
              </ActionIcon>
              <ActionIcon
                aria-label={intl.formatMessage({ id: 'members.addBelow' }, { name })}
                onClick={() => onEdit({ parentId: department.id })}
              >
                <IconPlus size={18} stroke={1.6} />
              </ActionIcon>
            </>
          )}
          {mayInvite && (
            <ActionIcon
              aria-label={intl.formatMessage({ id: 'members.inviteTo' }, { name })}
              onClick={() => onInvite(department.id)}
            >
              <IconUserPlus size={18} stroke={1.6} />
            </ActionIcon>
          )}
        </span>
      </header>
      {people.length === 0 ? (
        <p className="soft">{intl.formatMessage({ id: 'members.nobody' })}</p>
      ) : (
        <ul className={classes['people']}>
          {people.map(({ user, membership }) => (
            <PersonRow key={membership.id} user={user} membership={membership} onLink={onLink} />
          ))}
        </ul>
      )}
    </section>
  );
}
