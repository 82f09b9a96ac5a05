import { NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useDeferredValue, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { EmptyState, ErrorState, OfflineState, PageHead, Skeletons, useProblemText } from '../../ui/index.ts';
import { Thrown } from './Thrown.tsx';
import classes from './trash.module.css';
import { type Trash, trashTypes, useTrash } from './useTrash.ts';

/** What was thrown away and can come back. */
export function TrashPage() {
  const intl = useIntl();
  const [type, setType] = useState('');
  const [words, setWords] = useState('');
  const asked = useDeferredValue(words.trim());
  const trash = useTrash(type, asked);
  const search = intl.formatMessage({ id: 'trash.search' });
  return (
    <section aria-label={intl.formatMessage({ id: 'trash.title' })}>
      <PageHead
        title={<FormattedMessage id="trash.title" />}
        facts={trash.records && <FormattedMessage id="trash.count" values={{ count: trash.total }} />}
      />
      <div className={classes['tools']}>
        <TextInput
          className={classes['search'] ?? ''}
          type="search"
          leftSection={<IconSearch size={16} aria-hidden />}
          aria-label={search}
          placeholder={search}
          maxLength={200}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setWords('');
          }}
        />
        <NativeSelect
          aria-label={intl.formatMessage({ id: 'trash.show' })}
          value={type}
          data={['', ...trashTypes].map((value) => ({
            value,
            label: intl.formatMessage({ id: `trash.only.${value || 'everything'}` }),
          }))}
          onChange={(event) => setType(event.currentTarget.value)}
        />
      </div>
      <Listed trash={trash} searching={asked !== '' || type !== ''} />
    </section>
  );
}

function Listed({ trash, searching }: { trash: Trash; searching: boolean }) {
  const intl = useIntl();
  const problemText = useProblemText();
  const { records, problem, more, reload } = trash;
  if (problem) {
    const again = { label: intl.formatMessage({ id: 'trash.again' }), onPress: reload };
    return problem.code === 'unreachable' ? (
      <OfflineState sentence={problemText(problem)} verb={again} />
    ) : (
      <ErrorState sentence={problemText(problem)} verb={again} />
    );
  }
  if (!records)
    return (
      <Skeletons>
        <div className={classes['skeleton']} />
        <div className={classes['skeleton']} />
      </Skeletons>
    );
  if (records.length === 0)
    return <EmptyState sentence={intl.formatMessage({ id: searching ? 'trash.noneFound' : 'trash.none' })} />;
  return (
    <>
      <ul className={classes['list']}>
        {records.map((record) => (
          <Thrown key={record.id} record={record} />
        ))}
      </ul>
      {more && (
        <button type="button" className={classes['more']} onClick={more}>
          <FormattedMessage id="trash.more" />
        </button>
      )}
    </>
  );
}
