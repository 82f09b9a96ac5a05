import { Button } from '@mantine/core';
import { useCallback, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text, useMay, useRecord, useRecords } from '../../api/hooks.ts';
import { nameOf } from '../../records/people.ts';
import { stagesOf } from '../../records/stages.ts';
import { FieldValue } from '../../ui/index.ts';
import classes from './customers.module.css';
import { NewRecord } from './NewRecord.tsx';

/** The people at a customer. */
export function LinkedContacts({ customerId, onOpen }: { customerId: string; onOpen(id: string): void }) {
  const intl = useIntl();
  const [creating, setCreating] = useState(false);
  const mayCreate = useMay('create:contact');
  const ofCustomer = useCallback((contact: CrmRecord) => text(contact, 'customerId') === customerId, [customerId]);
  const contacts = useRecords('contact', ofCustomer);
  return (
    <section className={classes['sheet']} aria-label={intl.formatMessage({ id: 'customers.contacts' })}>
      <div className={classes['sheetHead']}>
        <h2>
          <FormattedMessage id="customers.contacts" /> <span className="soft num">{contacts.length}</span>
        </h2>
        {mayCreate && (
          <Button size="xs" variant="default" onClick={() => setCreating(true)}>
            <FormattedMessage id="customers.contactNew" />
          </Button>
        )}
      </div>
      {contacts.length === 0 && (
        <p className="soft">
          <FormattedMessage id="customers.noContacts" />
        </p>
      )}
      <ul className={classes['linked']}>
        {contacts.map((contact) => (
          <li key={contact.id}>
            <button type="button" className={classes['link']} onClick={() => onOpen(contact.id)}>
              <span>{nameOf(contact)}</span>
              <small className="soft">{text(contact, 'jobTitle')}</small>
            </button>
          </li>
        ))}
      </ul>
      {creating && (
        <NewRecord type="contact" given={{ customerId }} onClose={() => setCreating(false)} onCreated={() => undefined} />
      )}
    </section>
  );
}

/** The deals with a customer or contact. */
export function LinkedDeals({ record, onOpen }: { record: CrmRecord; onOpen(id: string): void }) {
  const intl = useIntl();
  const key = record.type === 'contact' ? 'contactId' : 'customerId';
  const ofRecord = useCallback((deal: CrmRecord) => text(deal, key) === record.id, [key, record.id]);
  const deals = useRecords('deal', ofRecord);
  return (
    <section className={classes['sheet']} aria-label={intl.formatMessage({ id: 'customers.deals' })}>
      <h2>
        <FormattedMessage id="customers.deals" /> <span className="soft num">{deals.length}</span>
      </h2>
      {deals.length === 0 && (
        <p className="soft">
          <FormattedMessage id="customers.noDeals" />
        </p>
      )}
      <ul className={classes['linked']}>
        {deals.map((deal) => (
          <li key={deal.id}>
            <button type="button" className={classes['link']} onClick={() => onOpen(deal.id)}>
              <DealWords deal={deal} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function DealWords({ deal }: { deal: CrmRecord }) {
  const pipeline = useRecord(text(deal, 'pipelineId') || undefined);
  const stage = stagesOf(pipeline).find(({ id }) => id === text(deal, 'stageId'));
  return (
    <>
      <span>
        {nameOf(deal)} <small className="soft">{stage?.name}</small>
      </span>
      <FieldValue type="deal" fieldKey="amount" value={deal.fields['amount']} masked={deal.masked.includes('money')} />
    </>
  );
}
