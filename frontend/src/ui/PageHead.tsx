import type { ReactNode } from 'react';
import classes from './PageHead.module.css';

/** The top of a page: its one h1, a line of facts, and what one can do here. */
export function PageHead({ title, facts, children }: { title: ReactNode; facts?: ReactNode; children?: ReactNode }) {
  return (
    <header className={classes['head']}>
      <div className={classes['words']}>
        <h1>{title}</h1>
        {facts !== undefined && <div className="soft num">{facts}</div>}
      </div>
      {children !== undefined && <div className={classes['verbs']}>{children}</div>}
    </header>
  );
}
