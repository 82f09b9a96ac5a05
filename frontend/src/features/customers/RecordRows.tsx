import { type KeyboardEvent, useEffect, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { VList, type VListHandle } from 'virtua';
import { type CrmRecord, text } from '../../api/hooks.ts';
import { useName } from '../../records/people.ts';
import { Face, NotShared } from '../../ui/index.ts';
import classes from './customers.module.css';
import type { Pages } from './usePages.ts';

/** So many rows before the end the next page is asked for. */
const ahead = 20;

interface RecordRowsProps {
  readonly pages: Pages;
  readonly type: 'customer' | 'contact';
  onOpen(id: string): void;
}

/** The rows on the screen and a few around them, however long the list is. Arrow keys walk it. */
export function RecordRows({ pages, type, onOpen }: RecordRowsProps) {
  const intl = useIntl();
  const list = useRef<VListHandle>(null);
  const frame = useRef<HTMLElement>(null);
  const { records, more, total, moreThanTotal } = pages;

  const fill = () => {
    const handle = list.current;
    if (handle && handle.findItemIndex(handle.scrollOffset + handle.viewportSize) >= records.length - ahead) more();
  };
  // A tall window may show the whole first page, and then nothing scrolls.
  useEffect(fill);

  const walk = (event: KeyboardEvent, at: number) => {
    const to = target(event.key, at, records.length);
    if (to === undefined) return;
    event.preventDefault();
    list.current?.scrollToIndex(to, { align: 'nearest' });
    // The row may not exist before virtua has painted it.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => frame.current?.querySelector<HTMLElement>(`[data-row="${to}"]`)?.focus()),
    );
  };

  return (
    <section ref={frame} className={classes['rows']} aria-label={intl.formatMessage({ id: `customers.${type}s` })}>
      <VList ref={list} onScroll={fill} role="list">
        {records.map((record, at) => (
          // biome-ignore lint/a11y/useSemanticElements: virtua paints its own elements in between, which an <ol> may not hold
          <div key={record.id} role="listitem" aria-setsize={moreThanTotal ? -1 : total} aria-posinset={at + 1}>
            <button
              type="button"
              className={classes['row']}
              data-row={at}
              onClick={() => onOpen(record.id)}
              onKeyDown={(event) => walk(event, at)}
            >
              <RowWords record={record} />
            </button>
          </div>
        ))}
      </VList>
    </section>
  );
}

function target(key: string, at: number, length: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(at + 1, length - 1);
    case 'ArrowUp':
      return Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return undefined;
  }
}

function RowWords({ record }: { record: CrmRecord }) {
  const ownerId = text(record, 'ownerId');
  const owner = useName(ownerId);
  const customer = useName(text(record, 'customerId') || undefined);
  const beside = record.type === 'contact' ? [text(record, 'jobTitle'), customer] : [text(record, 'website')];
  return (
    <>
      <span className={classes['rowName']}>
        {text(record, 'name') || <FormattedMessage id="customers.unnamed" />}
        <small className="soft">{beside.filter(Boolean).join(' · ')}</small>
      </span>
      <span className={classes['rowReach']}>{record.masked.includes('reach') ? <NotShared /> : firstReach(record)}</span>
      {owner ? <Face userId={ownerId} name={owner} size="s" /> : <span />}
    </>
  );
}

function firstReach(record: CrmRecord): string {
  for (const key of ['emails', 'phones']) {
    const values = record.fields[key];
    if (Array.isArray(values) && values.length > 0) return String(values[0]);
  }
  return '';
}
