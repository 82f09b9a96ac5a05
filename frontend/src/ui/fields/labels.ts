import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import type { FieldShape } from './shape.ts';

/** The name of a field in the reader's language: the admin's for custom fields, ours for the others. */
export function useFieldLabel(): (type: string, key: string, labels?: Readonly<Record<string, string>>) => string {
  const intl = useIntl();
  return useCallback(
    (type, key, labels) => {
      const own = labels && ownWords(labels, intl.locale);
      if (own) return own;
      const id = [`field.${type}.${key}`, `field.${key}`].find((name) => name in intl.messages);
      return id ? intl.formatMessage({ id }) : key.replace(/^fields\./, '');
    },
    [intl],
  );
}

/** The name of a choice in the reader's language. */
export function useChoiceLabel(): (type: string, field: Pick<FieldShape, 'key' | 'choices'>, choice: string) => string {
  const intl = useIntl();
  return useCallback(
    (type, field, choice) => {
      const labels = field.choices?.find(({ key }) => key === choice)?.labels;
      const own = labels && ownWords(labels, intl.locale);
      if (own) return own;
      const id = `field.${type}.${field.key}.${choice}`;
      return id in intl.messages ? intl.formatMessage({ id }) : choice;
    },
    [intl],
  );
}

/**
 * Labels have languages, locales have regions too: es-MX reads es. Custom labels
 * need not exist in each language: English, then any, is better than a key.
 */
function ownWords(labels: Readonly<Record<string, string>>, locale: string): string | undefined {
  const language = Object.keys(labels).find((tag) => new Intl.Locale(tag).language === new Intl.Locale(locale).language);
  return labels[language ?? ''] || labels['en'] || Object.values(labels).find(Boolean);
}
