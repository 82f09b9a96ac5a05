import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useMay } from '../../api/hooks.ts';
import { PageMenu } from '../../records/PageMenu.tsx';
import { EmptyState, ErrorState, OfflineState, PageHead, Skeletons, useProblemText } from '../../ui/index.ts';
import classes from './customers.module.css';
import { NewRecord } from './NewRecord.tsx';
import { RecordRows } from './RecordRows.tsx';
import { type Pages, usePages } from './usePages.ts';

/** The record types that the page lists. */
export type ListedType = 'customer' | 'contact';

const typingPauseMs = 250;
const pageSize = 100;

interface CustomersPageProps {
  /** What is searched for. */
  readonly query: string;
  onQuery(text: string): void;
  /** Opens the page of a customer or a contact. */
  onOpen(id: string): void;
}

/** Everybody the company deals with: customers, and the people there. */
export function CustomersPage({ query, onQuery, onOpen }: CustomersPageProps) {
  const intl = useIntl();
  const [type, setType] = useState<ListedType>('customer');
  const [creating, setCreating] = useState(false);
  const mayCreate = useMay(`create:${type}`);
  const pages = usePages(`/records?type=${type}&q=${encodeURIComponent(query)}&limit=${pageSize}`);
  const created = (id: string) => {
    pages.reload(); // so that "back" finds it in the list
    onOpen(id);
  };
  const create = mayCreate ? () => setCreating(true) : undefined;
  return (
    <section className={classes['listPage']} aria-label={intl.formatMessage({ id: 'customers.title' })}>
      <PageHead
        title={<FormattedMessage id="customers.title" />}
        facts={
          pages.status === 'ready' ? (
            <FormattedMessage
              id={`customers.${type}${pages.moreThanTotal ? 'CountMore' : 'Count'}`}
              values={{ count: pages.total }}
            />
          ) : undefined
        }
      >
        {create && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={create}>
            <FormattedMessage id={`customers.${type}New`} />
          </Button>
        )}
        <PageMenu />
      </PageHead>
      <div className={classes['tools']}>
        <SegmentedControl
          aria-label={intl.formatMessage({ id: 'customers.show' })}
          value={type}
          onChange={(value) => setType(value === 'contact' ? 'contact' : 'customer')}
          data={[
            { value: 'customer', label: intl.formatMessage({ id: 'customers.customers' }) },
            { value: 'contact', label: intl.formatMessage({ id: 'customers.contacts' }) },
          ]}
        />
        <SearchBox query={query} onQuery={onQuery} />
      </div>
      <Listed pages={pages} type={type} query={query} onOpen={onOpen} create={create} />
      {creating && <NewRecord type={type} onClose={() => setCreating(false)} onCreated={created} />}
    </section>
  );
}

/** Searches once the person pauses; Enter does not wait, Escape clears. */
function SearchBox({ query, onQuery }: Pick<CustomersPageProps, 'query' | 'onQuery'>) {
  const intl = useIntl();
  const [words, setWords] = useState(query);
  const [given, setGiven] = useState(query);
  if (query !== given) {
    // The address changed: by the search in the top bar, or by "back".
    setGiven(query);
    if (words.trim() !== query) setWords(query);
  }
  useEffect(() => {
    if (words.trim() === query) return undefined;
    const timer = setTimeout(() => onQuery(words.trim()), typingPauseMs);
    return () => clearTimeout(timer);
  }, [words, query, onQuery]);
  return (
    <TextInput
      className={classes['search']}
      type="search"
      leftSection={<IconSearch size={16} aria-hidden />}
      aria-label={intl.formatMessage({ id: 'customers.search' })}
      placeholder={intl.formatMessage({ id: 'customers.search' })}
      maxLength={200}
      value={words}
      onChange={(event) => setWords(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onQuery(words.trim());
        if (event.key === 'Escape') setWords('');
      }}
    />
  );
}

interface ListedProps {
  readonly pages: Pages;
  readonly type: ListedType;
  readonly query: string;
  onOpen(id: string): void;
  readonly create: (() => void) | undefined;
}

function Listed({ pages, type, query, onOpen, create }: ListedProps) {
  const intl = useIntl();
  const problemText = useProblemText();
  const again = { label: intl.formatMessage({ id: 'customers.again' }), onPress: pages.reload };
  if (pages.records.length === 0 && pages.status === 'loading') return <RowSkeletons />;
  if (pages.status === 'failed' && pages.problem?.code === 'unreachable')
    return <OfflineState sentence={intl.formatMessage({ id: 'customers.offline' })} verb={again} />;
  if (pages.status === 'failed' || pages.status === 'absent')
    return (
      <ErrorState
        sentence={pages.problem ? problemText(pages.problem) : intl.formatMessage({ id: 'customers.failed' })}
        verb={again}
      />
    );
  if (pages.records.length > 0) return <RecordRows key={`${type} ${query}`} pages={pages} type={type} onOpen={onOpen} />;
  if (query) return <EmptyState sentence={intl.formatMessage({ id: 'customers.noneFound' }, { query })} />;
  const verb = create && { label: intl.formatMessage({ id: `customers.${type}New` }), onPress: create };
  return <EmptyState sentence={intl.formatMessage({ id: `customers.${type}None` })} verb={verb} />;
}

function RowSkeletons() {
  return (
    <Skeletons>
      <div className={classes['skeletons']}>
        {['a', 'b', 'c', 'd', 'e', 'f'].map((row) => (
          <div key={row} className={classes['skeleton']} />
        ))}
      </div>
    </Skeletons>
  );
}
