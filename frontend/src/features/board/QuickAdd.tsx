import { type FormEvent, type KeyboardEvent, type RefObject, useMemo } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, useCommand, useMe, useRecords, useWorkspace } from '../../api/hooks.ts';
import { dateIn } from '../../lib/dates.ts';
import { formatMoney } from '../../lib/money.ts';
import { newId } from '../../lib/ulid.ts';
import { type Draft, useDraft } from '../../records/drafts.ts';
import { nameOf, usePeople } from '../../records/people.ts';
import classes from './QuickAdd.module.css';
import { type QuickDeal, readQuickAdd } from './quickAdd.ts';

/** Where a new deal begins. */
export interface Birthplace {
  readonly pipelineId: string;
  readonly stageId: string;
  readonly departmentId: string;
}

/** One line in which a deal can be written down: "Acme 12k Anna tomorrow". What was understood shows while typing. */
export function QuickAdd({
  place,
  stageName,
  input,
  onOpen,
  onAdded,
}: {
  place: Birthplace;
  stageName: string;
  input?: RefObject<HTMLInputElement | null> | undefined;
  onOpen(dealId: string): void;
  /** The deal is on the board. */
  onAdded(): void;
}) {
  const intl = useIntl();
  const [line, setLine] = useLine(place);
  const deal = useReading(line);
  const add = useAddDeal(place);

  const save = async (open: boolean) => {
    if (!deal.title) return;
    setLine('');
    const id = newId();
    const saved = add(id, deal);
    if (open) onOpen(id);
    else onAdded();
    // Not added: the line comes back, unless another has been begun.
    if (!(await saved)) setLine((now) => now || line);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void save(false);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') setLine('');
    if (event.key === 'Enter' && event.shiftKey) {
      event.preventDefault();
      void save(true);
    }
  };
  return (
    <form className={classes['form']} onSubmit={onSubmit}>
      <input
        ref={input}
        className={classes['line']}
        value={line}
        onChange={(event) => setLine(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        placeholder={intl.formatMessage({ id: 'board.quickAddExample' })}
        aria-label={intl.formatMessage({ id: 'board.quickAdd' }, { stage: stageName })}
        maxLength={500}
        enterKeyHint="done"
        autoComplete="off"
      />
      {line.trim() !== '' && <Understood deal={deal} />}
    </form>
  );
}

/** What is written in the line; a draft, so that one can look elsewhere meanwhile. */
function useLine({ stageId, departmentId }: Birthplace) {
  const [draft, setDraft] = useDraft(stageId, `new-deal-${departmentId}`);
  const setLine = (change: string | ((now: string) => string)) =>
    setDraft((now) => {
      const next = typeof change === 'string' ? change : change(lineOf(now));
      return next ? { value: next, basedOn: 0, before: '' } : undefined;
    });
  return [lineOf(draft), setLine] as const;
}

function lineOf(draft: Draft | undefined): string {
  return typeof draft?.value === 'string' ? draft.value : '';
}

function Understood({ deal }: { deal: QuickDeal }) {
  const intl = useIntl();
  const { title, customer, amount, owner, nextStepOn } = deal;
  return (
    <div className={classes['chips']} aria-live="polite">
      <span
        title={customer && intl.formatMessage({ id: 'board.quickAddCustomer' })}
        data-known={customer !== undefined || undefined}
      >
        {title}
      </span>
      {amount && <span className="num">{formatMoney(amount, intl.locale)}</span>}
      {owner && <span>{owner.name}</span>}
      {nextStepOn && (
        <span>{intl.formatDate(nextStepOn, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })}</span>
      )}
      <small>
        <FormattedMessage id="board.quickAddHint" />
      </small>
    </div>
  );
}

const noDeal: QuickDeal = { title: '' };

function useReading(line: string): QuickDeal {
  const { locale } = useIntl();
  const { currency, timeZone } = useWorkspace();
  const people = usePeople();
  const customers = useRecords('customer');
  return useMemo(() => {
    // Ten thousand names are not folded for an empty line.
    if (line.trim() === '') return noDeal;
    const today = dateIn(timeZone);
    return readQuickAdd(line, { locale, currency, today, people, customers: customers.map(toNameable) });
  }, [line, locale, currency, timeZone, people, customers]);
}

const toNameable = (record: CrmRecord) => ({ id: record.id, name: nameOf(record) });

function useAddDeal({ pipelineId, stageId, departmentId }: Birthplace) {
  const run = useCommand();
  const intl = useIntl();
  const me = useMe();
  return async (id: string, { title, customer, amount, owner, nextStepOn }: QuickDeal): Promise<boolean> => {
    const ownerId = owner?.id ?? me?.id;
    const values = {
      title,
      pipelineId,
      stageId,
      departmentId, // the board's: elsewhere the deal might not be on it
      ...(ownerId && { ownerId }),
      ...(customer && { customerId: customer.id }),
      ...(amount && { amount }),
      ...(nextStepOn && { nextStepOn }),
    };
    const label = intl.formatMessage({ id: 'board.added' }, { deal: title });
    return (await run({ name: 'record.create', args: { type: 'deal', id, values }, label })).ok;
  };
}
