import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useSetUp } from '../../records/useSetUp.ts';
import { PageHead } from '../../ui/index.ts';
import classes from './setup.module.css';

/** The top of the set-up pages, with the way between those that this person may use. */
export function SetupHead({ children }: { children?: ReactNode }) {
  const intl = useIntl();
  const { departments, fields } = useSetUp();
  const here = { activeProps: { 'aria-current': 'page' as const } };
  return (
    <>
      <PageHead title={intl.formatMessage({ id: 'setup.title' })}>{children}</PageHead>
      {departments.length > 0 && fields && (
        <nav className={classes['tabs']} aria-label={intl.formatMessage({ id: 'setup.title' })}>
          <Link to="/setup/pipelines" {...here}>
            <FormattedMessage id="setup.pipelines" />
          </Link>
          <Link to="/setup/fields" search={{}} {...here}>
            <FormattedMessage id="setup.fields" />
          </Link>
        </nav>
      )}
    </>
  );
}
