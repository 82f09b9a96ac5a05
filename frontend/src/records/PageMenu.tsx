import { lazy, Suspense } from 'react';

// Seldom opened, and a menu weighs as much as the board's drag and drop.
const Items = lazy(() => import('./PageMenuItems.tsx').then((module) => ({ default: module.PageMenuItems })));

/** What one seldom does on a page that lists records. */
export function PageMenu() {
  return (
    <Suspense>
      <Items />
    </Suspense>
  );
}
