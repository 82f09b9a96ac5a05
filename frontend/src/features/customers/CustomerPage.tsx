import { Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useRecordView, useWatch } from '../../api/hooks.ts';
import type { Reader } from '../../api/wire.ts';
import { Comments, SaySomething } from '../../records/Comments.tsx';
import { History } from '../../records/History.tsx';
import { nameOf } from '../../records/people.ts';
import { RecordFields } from '../../records/RecordFields.tsx';
import { RecordMissing } from '../../records/RecordStates.tsx';
import { useReaders, useVisibleTo } from '../../records/readers.ts';
import { TrashButton } from '../../records/TrashButton.tsx';
import { VisibleTo } from '../../records/VisibleTo.tsx';
import { Why } from '../../records/Why.tsx';
import { PageHead, RelativeDate } from '../../ui/index.ts';
import classes from './customers.module.css';
import { LinkedContacts, LinkedDeals } from './Linked.tsx';

interface CustomerPageProps {
  /** Of a customer or of a contact. */
  readonly customerId: string;
  onOpenDeal(id: string): void;
  /** Opens another customer or contact. */
  onOpenCustomer(id: string): void;
  onBack(): void;
}

/** All that is known of a customer or contact, each field to be changed where it stands. */
export function CustomerPage({ customerId, onOpenDeal, onOpenCustomer, onBack }: CustomerPageProps) {
  const view = useRecordView(customerId);
  const { record, may } = view;
  const readers = useReaders(record);
  const visibleTo = useVisibleTo(readers);
  useWatch({ record: customerId });
  if (!record) return <RecordMissing view={view} recordId={customerId} onBack={onBack} />;
  return (
    <article key={record.id} className={classes['page']}>
      <Head record={record} readers={readers} may={may} onOpenCustomer={onOpenCustomer} onBack={onBack} />
      <div className={classes['columns']}>
        <div className={classes['column']}>
          <Details record={record} readers={readers} may={may} />
        </div>
        <div className={classes['column']}>
          {record.type === 'customer' && <LinkedContacts customerId={record.id} onOpen={onOpenCustomer} />}
          <LinkedDeals record={record} onOpen={onOpenDeal} />
          <div className={classes['sheet']}>
            <Comments recordId={record.id} level={2} />
            <SaySomething record={record} may={may} visibleTo={visibleTo('comments')} />
          </div>
          <div className={classes['sheet']}>
            <History record={record} level={2} />
          </div>
        </div>
      </div>
    </article>
  );
}

interface PartProps {
  readonly record: CrmRecord;
  readonly readers: readonly Reader[];
  readonly may: readonly string[];
}

function Head({
  record,
  readers,
  may,
  onOpenCustomer,
  onBack,
}: PartProps & Pick<CustomerPageProps, 'onOpenCustomer' | 'onBack'>) {
  const intl = useIntl();
  const customerId = record.type === 'contact' ? text(record, 'customerId') : '';
  // Not told where fields are masked: the change may have been in one of them.
  const changedAt = text(record, 'updatedAt') || (record.version === 1 ? text(record, 'createdAt') : '');
  return (
    <PageHead
      title={nameOf(record) || intl.formatMessage({ id: 'customers.unnamed' })}
      facts={changedAt && <FormattedMessage id="customers.changed" values={{ when: <RelativeDate at={changedAt} /> }} />}
    >
      <VisibleTo record={record} readers={readers} />
      <Button variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />} onClick={onBack}>
        <FormattedMessage id="customers.toList" />
      </Button>
      {customerId && (
        <Button variant="default" onClick={() => onOpenCustomer(customerId)}>
          <FormattedMessage id="customers.toCustomer" />
        </Button>
      )}
      {may.includes('delete') && <TrashButton record={record} onTrashed={onBack} />}
    </PageHead>
  );
}

function Details({ record, readers, may }: PartProps) {
  const intl = useIntl();
  return (
    <section className={classes['sheet']} aria-label={intl.formatMessage({ id: 'customers.details' })}>
      <h2>
        <FormattedMessage id="customers.details" />
      </h2>
      <RecordFields record={record} may={may} readers={readers} />
      <Why recordId={record.id} />
    </section>
  );
}
