import { lazyPart, Part } from '../ui/part.tsx';

const items = lazyPart(async () => (await import('./PageMenuItems.tsx')).PageMenuItems);
const nothing = {};

/** What one seldom does on a page that lists records. */
export function PageMenu() {
  return <Part of={items} with={nothing} />;
}
