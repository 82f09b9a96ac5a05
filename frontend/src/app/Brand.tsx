import classes from './Shell.module.css';

const name = 'Rapport';

/** The name and its sign: two people, one line between them. */
export function Brand() {
  return (
    <div className={classes['brand']}>
      <svg
        width="22"
        height="22"
        viewBox="0 0 22 22"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
        aria-hidden="true"
      >
        <path d="M4 15c0-6 4-9 7-9s7 3 7 9" />
        <circle cx="4" cy="16.5" r="1.6" fill="currentColor" />
        <circle cx="18" cy="16.5" r="1.6" fill="currentColor" />
      </svg>
      {name}
    </div>
  );
}
