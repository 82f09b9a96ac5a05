import { Button, Select, type SelectProps, Switch, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type CrmRecord, text } from '../../api/hooks.ts';
import { bestLanguage, languageNames, languages } from '../../i18n/index.ts';
import { Choices } from './Choices.tsx';
import { ClashNotice } from './ClashNotice.tsx';
import { extensible } from './extensible.ts';
import { type ChoiceValues, type FieldValues, fieldGroups, kinds } from './fieldValues.ts';
import classes from './setup.module.css';
import type { MergedDraft } from './useMergedDraft.ts';

export interface FieldFormProps {
  readonly type: string;
  readonly definition: CrmRecord | undefined;
  readonly draft: MergedDraft<FieldValues>;
  readonly values: FieldValues;
  /** The key as it will be. */
  readonly fieldKey: string;
  /** What the server said, by place. */
  readonly problems: Readonly<Record<string, string>>;
}

/** All that is said of a field. Type, key and kind are for good: values of them will exist. */
export function FieldForm(props: FieldFormProps) {
  const { definition, draft, values, problems } = props;
  const intl = useIntl();
  const set = (change: Partial<FieldValues>) => draft.change((now) => ({ ...now, ...change }));
  const hasChoices = values.kind === 'choice' || values.kind === 'choices';
  return (
    <>
      <Labels {...props} />
      <Kind {...props} onChoose={(kind) => set({ kind })} />
      {hasChoices && <Choices choices={values.choices} error={problems['choices']} onChange={(choices) => set({ choices })} />}
      <Theirs {...props} of="choices" show={(choices) => <ChoiceWords choices={choices as ChoiceValues[]} />} />
      {values.kind === 'link' && (
        <Select
          label={intl.formatMessage({ id: 'setup.linkType' })}
          data={extensible.map((type) => ({ value: type, label: intl.formatMessage({ id: `setup.type_${type}` }) }))}
          value={values.linkType || null}
          onChange={(linkType) => linkType && set({ linkType })}
          error={problems['linkType']}
          disabled={definition !== undefined}
          allowDeselect={false}
        />
      )}
      <Explained
        label={intl.formatMessage({ id: 'setup.group' })}
        options={fieldGroups}
        name={(group) => intl.formatMessage({ id: `setup.group_${group}` })}
        meaning={(group) => intl.formatMessage({ id: `setup.groupMeans_${group}` })}
        value={values.group}
        error={problems['group']}
        onChoose={(group) => set({ group })}
      />
      <Theirs {...props} of="group" show={(group) => intl.formatMessage({ id: `setup.group_${group}` })} />
      <Switch
        label={intl.formatMessage({ id: 'setup.required' })}
        description={intl.formatMessage({ id: 'setup.requiredWhy' })}
        checked={values.required}
        onChange={(event) => set({ required: event.currentTarget.checked })}
      />
      <Theirs {...props} of="required" show={(is) => intl.formatMessage({ id: is ? 'ui.yes' : 'ui.no' })} />
      <Textarea
        label={intl.formatMessage({ id: 'setup.why' })}
        description={intl.formatMessage({ id: 'setup.fieldWhy' })}
        value={values.why}
        onChange={(event) => set({ why: event.currentTarget.value })}
        error={problems['why']}
        autosize
        maxLength={300}
      />
      <Theirs {...props} of="why" />
    </>
  );
}

/** The clash about one thing of a field. */
function Theirs({ definition, draft, of, show }: FieldFormProps & { of: string; show?: (value: unknown) => ReactNode }) {
  const by = text(definition, 'updatedBy');
  return <ClashNotice clashes={draft.clashes} path={of} by={by} decide={draft.decide} {...(show && { show })} />;
}

function ChoiceWords({ choices }: { choices: readonly ChoiceValues[] }) {
  const intl = useIntl();
  const words = choices.map(({ key, labels }) => labels[bestLanguage([intl.locale])] ?? Object.values(labels)[0] ?? key);
  return <>{words.join(' · ')}</>;
}

/** The names of a field: in the reader's language first, the others on demand. And its key, made from them. */
function Labels(props: FieldFormProps) {
  const { definition, draft, values, fieldKey, problems } = props;
  const intl = useIntl();
  const own = bestLanguage([intl.locale]);
  const others = languages.filter((language) => language !== own);
  const [all, setAll] = useState(others.some((language) => values.labels[language]));
  const label = (language: string, words: string) => (
    <div key={language}>
      <TextInput
        label={words}
        value={values.labels[language] ?? ''}
        onChange={(event) => {
          const written = event.currentTarget.value;
          draft.change((now) => ({ ...now, labels: { ...now.labels, [language]: written } }));
        }}
        error={language === own && problems['labels']}
        maxLength={100}
        {...(language === own && { 'data-autofocus': true })}
      />
      <Theirs {...props} of={`labels/${language}`} />
    </div>
  );
  return (
    <>
      {label(own, intl.formatMessage({ id: 'setup.fieldLabel' }))}
      {all ? (
        others.map((language) =>
          label(language, intl.formatMessage({ id: 'setup.fieldLabelIn' }, { language: languageNames[language] })),
        )
      ) : (
        <div>
          <Button variant="transparent" size="compact-sm" p={0} onClick={() => setAll(true)}>
            <FormattedMessage id="setup.otherLanguages" />
          </Button>
        </div>
      )}
      {definition ? (
        <p className="soft">
          <FormattedMessage id="setup.keyIs" values={{ key: <code>{values.key}</code> }} />
        </p>
      ) : (
        <TextInput
          classNames={{ input: classes['code'] ?? '' }}
          label={intl.formatMessage({ id: 'setup.key' })}
          description={intl.formatMessage({ id: 'setup.keyWhy' })}
          value={fieldKey}
          onChange={(event) => {
            const key = event.currentTarget.value.trim();
            draft.change((now) => ({ ...now, key }));
          }}
          error={problems['key']}
          maxLength={64}
          spellCheck={false}
          autoCapitalize="off"
        />
      )}
    </>
  );
}

function Kind({ definition, values, problems, onChoose }: FieldFormProps & { onChoose(kind: string): void }) {
  const intl = useIntl();
  return (
    <Explained
      label={intl.formatMessage({ id: 'setup.fieldKind' })}
      options={kinds}
      name={(kind) => intl.formatMessage({ id: `setup.fieldKind_${kind}` })}
      meaning={(kind) => intl.formatMessage({ id: `setup.fieldKindMeans_${kind}` })}
      value={values.kind}
      error={problems['kind']}
      onChoose={onChoose}
      disabled={definition !== undefined}
    />
  );
}

interface ExplainedProps {
  readonly label: string;
  readonly options: readonly string[];
  readonly value: string;
  readonly error: string | undefined;
  readonly disabled?: boolean;
  name(option: string): string;
  meaning(option: string): string;
  onChoose(option: string): void;
}

/** A choice of which each option says what it means. */
function Explained({ label, options, value, error, disabled = false, name, meaning, onChoose }: ExplainedProps) {
  const renderOption: NonNullable<SelectProps['renderOption']> = ({ option }) => (
    <span className={classes['option']}>
      <b>{option.label}</b>
      <small className="soft">{meaning(option.value)}</small>
    </span>
  );
  return (
    <Select
      label={label}
      description={meaning(value)}
      data={options.map((option) => ({ value: option, label: name(option) }))}
      value={value}
      onChange={(option) => option && onChoose(option)}
      renderOption={renderOption}
      error={error}
      disabled={disabled}
      allowDeselect={false}
      maxDropdownHeight={360}
    />
  );
}
