import { IconLock } from '@tabler/icons-react';
import { FormattedMessage, useIntl } from 'react-intl';
import { asUtcNoon } from '../../lib/dates.ts';
import { isMoney } from '../../lib/money.ts';
import { Face } from '../Face.tsx';
import { MoneyText } from '../MoneyText.tsx';
import classes from './FieldValue.module.css';
import { useChoiceLabel } from './labels.ts';
import { addressParts, asAddress, asList, asText, type FieldShape } from './shape.ts';
import { useFieldSources } from './sources.ts';

export interface FieldValueProps {
  readonly type: string;
  /** The field, or only its key when the kind is to be guessed from the value. */
  readonly field?: FieldShape | undefined;
  readonly fieldKey?: string;
  readonly value: unknown;
  /** The field's group is not shared with the reader. */
  readonly masked?: boolean;
}

/** The value of a field as text. No value is a dash; a hidden one says so: it is neither empty nor zero. */
export function FieldValue({ type, field, fieldKey = '', value, masked = false }: FieldValueProps) {
  if (masked) return <NotShared />;
  const shape = field ?? { key: fieldKey, kind: guessKind(fieldKey, value) };
  const empty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (empty) {
    return (
      <span className="soft">
        <span aria-hidden="true">{'–'}</span>
        <span className="visually-hidden">
          <FormattedMessage id="ui.noValue" />
        </span>
      </span>
    );
  }
  return <Shown type={type} field={shape} value={value} />;
}

/** In the place of a value that policy hides. */
export function NotShared() {
  return (
    <span className={classes['masked']}>
      <IconLock size={14} stroke={1.6} aria-hidden />
      <FormattedMessage id="ui.notShared" />
    </span>
  );
}

function Shown({ type, field, value }: { type: string; field: FieldShape; value: unknown }) {
  const intl = useIntl();
  const choiceLabel = useChoiceLabel();
  const { nameOf, departments } = useFieldSources();
  switch (field.kind) {
    case 'money':
      return isMoney(value) ? <MoneyText value={value} /> : null;
    case 'number':
      return <span className="num">{typeof value === 'number' ? intl.formatNumber(value) : asText(value)}</span>;
    case 'bool':
      return value === true ? <FormattedMessage id="ui.yes" /> : <FormattedMessage id="ui.no" />;
    case 'date':
      return (
        <time dateTime={asText(value)}>
          {intl.formatDate(asUtcNoon(asText(value)), { dateStyle: 'medium', timeZone: 'UTC' })}
        </time>
      );
    case 'time':
      return <time dateTime={asText(value)}>{intl.formatDate(asText(value), { dateStyle: 'medium', timeStyle: 'short' })}</time>;
    case 'choice':
      return choiceLabel(type, field, asText(value));
    case 'choices':
      return intl.formatList(asList(value).map((choice) => choiceLabel(type, field, choice)));
    case 'user':
      return <Person id={asText(value)} />;
    case 'department':
      return departments.find(({ id }) => id === value)?.name ?? <FormattedMessage id="ui.somewhere" />;
    case 'link':
      return nameOf(asText(value)) || <FormattedMessage id="ui.notShared" />;
    case 'email':
    case 'emails':
    case 'phone':
    case 'phones':
    case 'url':
      return <Reach kind={field.kind} values={Array.isArray(value) ? asList(value) : [asText(value)]} />;
    case 'address':
      return addressParts
        .map((part) => asAddress(value)[part])
        .filter(Boolean)
        .join(', ');
    default:
      return <span className={field.kind === 'longtext' ? classes['long'] : undefined}>{asText(value)}</span>;
  }
}

function Person({ id }: { id: string }) {
  const intl = useIntl();
  const { people } = useFieldSources();
  const name = people.find((person) => person.id === id)?.name ?? intl.formatMessage({ id: 'ui.somebody' });
  return (
    <span className={classes['person']}>
      <Face userId={id} name={name} size="s" nameBeside />
      {name}
    </span>
  );
}

/** Ways to reach somebody: each can be pressed. */
function Reach({ kind, values }: { kind: string; values: readonly string[] }) {
  return (
    <span className={classes['reach']}>
      {values.map((value) => (
        <a key={value} href={addressOf(kind, value)} {...(kind === 'url' && { target: '_blank', rel: 'noreferrer' })}>
          {value}
        </a>
      ))}
    </span>
  );
}

/** Only the schemes we mean: a stored javascript: address must never become a link. */
function addressOf(kind: string, value: string): string | undefined {
  if (kind.startsWith('email')) return `mailto:${encodeURIComponent(value).replace('%40', '@')}`;
  if (kind.startsWith('phone')) return `tel:${value.replace(/[^\d+*#,;]/gu, '')}`;
  return /^https?:\/\//iu.test(value) ? value : undefined;
}

function guessKind(key: string, value: unknown): string {
  if (isMoney(value)) return 'money';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'number';
  if (Array.isArray(value)) return 'choices';
  if (key === 'ownerId' || /By$/.test(key)) return 'user';
  if (key === 'departmentId') return 'department';
  if (/Id$/.test(key)) return 'link';
  if (/^\d{4}-\d\d-\d\dT/.test(asText(value))) return 'time';
  if (/^\d{4}-\d\d-\d\d$/.test(asText(value))) return 'date';
  return typeof value === 'object' ? 'address' : 'text';
}
