import classes from './Face.module.css';

const hands = 6;

/** The colour of a person's hands: the same on every screen, and only for presence. */
export function handColour(userId: string): string {
  // FNV-1a: ids that were made one after another differ in few places, colours should not.
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193) >>> 0;
  return `var(--hand-${(hash % hands) + 1})`;
}

/** Up to two letters for a name; one character for names without spaces such as 王小明. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = (word: string | undefined) => (word ? (Array.from(word)[0] ?? '').toLocaleUpperCase() : '');
  return words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0]);
}

/** A person as a small circle. The name is read out and shown on hover unless it stands beside it. */
export function Face({
  userId,
  name,
  size = 'm',
  nameBeside = false,
}: {
  userId: string;
  name: string;
  size?: 's' | 'm';
  nameBeside?: boolean;
}) {
  const label = nameBeside ? { 'aria-hidden': true as const } : { role: 'img', 'aria-label': name, title: name };
  return (
    <span className={classes['face']} data-size={size} style={{ '--who': handColour(userId) } as React.CSSProperties} {...label}>
      {initials(name)}
    </span>
  );
}
