import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import type { ImportOwners, ImportPerson } from '../../api/wire.ts';
import { usePeople } from '../../records/people.ts';
import classes from './imports.module.css';
import type { SettingsProps } from './settings.ts';

// Those that nobody here is come first; what becomes of all of them is said above.
const shownAtFirst = 8;

/** Who the owners of the file are here; and what becomes of those who are nobody. */
export function Owners({ settings, analysis, onChange }: SettingsProps) {
  const intl = useIntl();
  const [all, setAll] = useState(false);
  const { people } = settings;
  const unknown = people.filter(({ userId }) => userId === '').length;
  const shown = all ? people : people.slice(0, shownAtFirst);
  const put = (next: ImportPerson) =>
    onChange({ ...settings, people: people.map((person) => (person.name === next.name ? next : person)) });
  if (people.length === 0)
    return (
      <section className={classes['sheet']}>
        <h2>
          <FormattedMessage id="imports.owners" />
        </h2>
        <p className="soft">
          <FormattedMessage id="imports.noOwners" />
        </p>
      </section>
    );
  return (
    <section className={classes['sheet']}>
      <h2>
        <FormattedMessage id="imports.owners" />
      </h2>
      <p role="status">
        <FormattedMessage id="imports.ownersFound" values={{ found: people.length - unknown, total: people.length }} />
      </p>
      {unknown > 0 && (
        <div className={classes['options']}>
          <NativeSelect
            label={intl.formatMessage({ id: 'imports.unknownOwners' })}
            value={settings.owners}
            data={(analysis.rights.people ? ['create', 'me'] : ['me']).map((value) => ({
              value,
              label: intl.formatMessage({ id: `imports.owners.${value}` }),
            }))}
            onChange={(event) => onChange({ ...settings, owners: event.currentTarget.value as ImportOwners })}
          />
        </div>
      )}
      <ul className={classes['mapping']}>
        {shown.map((person) => (
          <li key={person.name}>
            <Owner person={person} owners={settings.owners} onChange={put} />
          </li>
        ))}
      </ul>
      {shown.length < people.length && (
        <button type="button" className={classes['more']} onClick={() => setAll(true)}>
          <FormattedMessage id="imports.showOwners" values={{ count: people.length - shown.length }} />
        </button>
      )}
    </section>
  );
}

interface OwnerProps {
  readonly person: ImportPerson;
  readonly owners: ImportOwners;
  onChange(person: ImportPerson): void;
}

function Owner({ person, owners, onChange }: OwnerProps) {
  const intl = useIntl();
  const people = usePeople();
  return (
    <>
      <span className={classes['name']}>
        <strong>{person.name}</strong>
        <small className="soft">
          <FormattedMessage id="imports.rows" values={{ rows: person.rows }} />
        </small>
      </span>
      <NativeSelect
        aria-label={intl.formatMessage({ id: 'imports.becomes' }, { name: person.name })}
        value={person.userId}
        data={[
          { value: '', label: intl.formatMessage({ id: `imports.nobody.${owners}` }) },
          ...people.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(event) => onChange({ ...person, userId: event.currentTarget.value })}
      />
      <span />
    </>
  );
}
