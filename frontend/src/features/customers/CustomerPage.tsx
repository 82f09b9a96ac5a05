import { Button } from '@mantine/core';
import { IconArrowLeft, IconTrash } from '@tabler/icons-react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useCommand, useRecordView, useSchema, useWatch } from '../../api/hooks.ts';
import { nameOf } from '../../records/people.ts';
import { ErrorState, NoAccess, OfflineState, PageHead, RelativeDate, Skeletons, useProblemText } from '../../ui/index.ts';
import { Comments } from './Comments.tsx';
import classes from './customers.module.css';
import { HistoryList } from './HistoryList.tsx';
import { InlineField } from './InlineField.tsx';
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
  const intl = useIntl();
  const problemText = useProblemText();
  const { status, problem, record, may, reload } = useRecordView(customerId);
  useWatch({ record: customerId });
  const again = { label: intl.formatMessage({ id: 'customers.again' }), onPress: reload };
  const back = { label: intl.formatMessage({ id: 'customers.toList' }), onPress: onBack };

  if (!record && status === 'loading')
    return (
      <Skeletons>
        <div className={classes['skeletons']}>
          <div className={classes['skeleton']} />
          <div className={classes['skeleton']} />
          <div className={classes['skeleton']} />
        </div>
      </Skeletons>
    );
  if (!record && status === 'failed' && problem?.code === 'unreachable')
    return <OfflineState sentence={intl.formatMessage({ id: 'customers.offline' })} verb={again} />;
  if (!record && status === 'failed')
    return <ErrorState sentence={problem ? problemText(problem) : intl.formatMessage({ id: 'customers.failed' })} verb={again} />;
  if (!record) return <NoAccess sentence={intl.formatMessage({ id: 'customers.absent' })} verb={back} />;
  return (
    <article className={classes['page']}>
      <Head record={record} mayDelete={may.includes('delete')} onOpenCustomer={onOpenCustomer} onBack={onBack} />
      <div className={classes['columns']}>
        <div className={classes['column']}>
          <Details key={record.id} record={record} mayEdit={may.includes('edit')} />
        </div>
        <div className={classes['column']}>
          {record.type === 'customer' && <LinkedContacts customerId={record.id} onOpen={onOpenCustomer} />}
          <LinkedDeals record={record} onOpen={onOpenDeal} />
          <Comments key={record.id} recordId={record.id} mayComment={may.includes('comment')} />
          <HistoryList key={`history ${record.id}`} record={record} />
        </div>
      </div>
    </article>
  );
}

interface HeadProps extends Pick<CustomerPageProps, 'onOpenCustomer' | 'onBack'> {
  readonly record: CrmRecord;
  readonly mayDelete: boolean;
}

function Head({ record, mayDelete, onOpenCustomer, onBack }: HeadProps) {
  const intl = useIntl();
  const run = useCommand();
  const customerId = record.type === 'contact' ? text(record, 'customerId') : '';
  const changedAt = text(record, 'updatedAt') || text(record, 'createdAt');
  const trash = () => {
    void run({
      name: 'record.trash',
      args: { id: record.id },
      label: intl.formatMessage({ id: 'customers.didTrashName' }, { name: nameOf(record) }),
    });
    onBack();
  };
  return (
    <PageHead
      title={nameOf(record) || intl.formatMessage({ id: 'customers.unnamed' })}
      facts={changedAt && <FormattedMessage id="customers.changed" values={{ when: <RelativeDate at={changedAt} /> }} />}
    >
      <Button variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />} onClick={onBack}>
        <FormattedMessage id="customers.toList" />
      </Button>
      {customerId && (
        <Button variant="default" onClick={() => onOpenCustomer(customerId)}>
          <FormattedMessage id="customers.toCustomer" />
        </Button>
      )}
      {mayDelete && (
        <Button variant="default" leftSection={<IconTrash size={16} aria-hidden />} onClick={trash}>
          <FormattedMessage id="customers.trash" />
        </Button>
      )}
    </PageHead>
  );
}

/** When and by whom is told by the history. */
const bookkeeping = new Set(['createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'trashedAt', 'trashedBy']);

function Details({ record, mayEdit }: { record: CrmRecord; mayEdit: boolean }) {
  const intl = useIntl();
  const fields = useSchema(record.type).filter(({ key }) => !bookkeeping.has(key));
  return (
    <section className={classes['sheet']} aria-label={intl.formatMessage({ id: 'customers.details' })}>
      <h2>
        <FormattedMessage id="customers.details" />
      </h2>
      <div className={classes['fields']}>
        {fields.map((field) => (
          <InlineField key={field.key} record={record} field={field} mayEdit={mayEdit} />
        ))}
      </div>
    </section>
  );
}
