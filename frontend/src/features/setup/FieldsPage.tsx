import { Button, SegmentedControl } from '@mantine/core';
import { FormattedMessage, useIntl } from 'react-intl';
import { useRecord } from '../../api/hooks.ts';
import { useSetUp } from '../../records/useSetUp.ts';
import { NoAccess } from '../../ui/index.ts';
import { type ExtensibleType, extensible } from './extensible.ts';
import { FieldDialog } from './FieldDialog.tsx';
import { CustomFields, PredefinedFields } from './FieldLists.tsx';
import { SetupHead } from './SetupHead.tsx';
import classes from './setup.module.css';
import { TrashedFields } from './TrashedFields.tsx';
import { Words } from './Words.tsx';

export interface FieldsPageProps {
  readonly type: ExtensibleType;
  /** The field whose form is open: its id, "new", or '' for none. */
  readonly fieldId: string;
  onShow(type: ExtensibleType, fieldId: string): void;
}

/** The fields of a record type: those every company has, and its own. */
export function FieldsPage(props: FieldsPageProps) {
  return (
    <Words>
      <Fields {...props} />
    </Words>
  );
}

function Fields({ type, fieldId, onShow }: FieldsPageProps) {
  const intl = useIntl();
  const { fields } = useSetUp();
  const open = useRecord(fieldId || undefined);
  if (!fields) return <NoAccess sentence={intl.formatMessage({ id: 'setup.noAccess' })} />;
  return (
    <>
      <SetupHead>
        <Button onClick={() => onShow(type, 'new')}>
          <FormattedMessage id="setup.newField" />
        </Button>
      </SetupHead>
      <div className={classes['fields']}>
        <SegmentedControl
          aria-label={intl.formatMessage({ id: 'setup.recordType' })}
          value={type}
          onChange={(value) => onShow(extensible.find((each) => each === value) ?? 'deal', '')}
          data={extensible.map((value) => ({ value, label: intl.formatMessage({ id: `setup.type_${value}` }) }))}
        />
        <CustomFields type={type} onEdit={(id) => onShow(type, id)} />
        <TrashedFields type={type} />
        <PredefinedFields type={type} />
      </div>
      {(fieldId === 'new' || open?.type === 'field') && (
        <FieldDialog key={type + fieldId} type={type} definition={open} onClose={() => onShow(type, '')} />
      )}
    </>
  );
}
