import { createRootRoute, createRoute, createRouter, Navigate } from '@tanstack/react-router';
import * as v from 'valibot';
import { AuthPage, Gate } from './Gate.tsx';
import { lazyScreen } from './lazyScreen.tsx';
import { ScreenFailed } from './ScreenFailed.tsx';
import { Shell } from './Shell.tsx';
import { screens } from './screens.ts';

const root = createRootRoute({ component: Gate, notFoundComponent: () => <Navigate to="/boards" replace /> });
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });

/** What an address may carry; anything else in it is dropped. */
const boardSearch = v.object({ deal: v.optional(v.fallback(v.string(), '')) });
const fieldsSearch = v.object({ type: v.optional(v.fallback(v.string(), '')), field: v.optional(v.fallback(v.string(), '')) });
const customersSearch = v.object({ q: v.optional(v.fallback(v.string(), '')) });

const routes = [
  createRoute({ getParentRoute: () => shell, path: '/', component: () => <Navigate to="/boards" replace /> }),
  createRoute({
    getParentRoute: () => shell,
    path: '/boards',
    component: lazyScreen(screens.boards, 'BoardsScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/boards/$boardId',
    validateSearch: (search) => v.parse(boardSearch, search),
    component: lazyScreen(screens.board, 'BoardScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/customers',
    validateSearch: (search) => v.parse(customersSearch, search),
    component: lazyScreen(screens.customers, 'CustomersScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/customers/$customerId',
    validateSearch: (search) => v.parse(boardSearch, search),
    component: lazyScreen(screens.customer, 'CustomerScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/imports',
    component: lazyScreen(screens.imports, 'ImportsScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/imports/$importId',
    component: lazyScreen(screens.oneImport, 'ImportScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/people',
    component: lazyScreen(screens.people, 'MembersPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/trash',
    component: lazyScreen(screens.trash, 'TrashPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/setup',
    component: lazyScreen(screens.setup, 'SetupScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/setup/pipelines',
    component: lazyScreen(screens.setup, 'PipelinesScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/setup/pipelines/$pipelineId',
    component: lazyScreen(screens.setup, 'PipelineScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/setup/fields',
    validateSearch: (search) => v.parse(fieldsSearch, search),
    component: lazyScreen(screens.setup, 'FieldsScreen'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/me',
    component: lazyScreen(screens.me, 'DevicesPage'),
  }),
] as const;

const doors = [
  createRoute({ getParentRoute: () => root, path: '/signin', component: AuthPage }),
  createRoute({ getParentRoute: () => root, path: '/invite', component: AuthPage }),
  createRoute({ getParentRoute: () => root, path: '/reset', component: AuthPage }),
] as const;

/** Every address of the app; what is no address of it leads to the boards. */
export const router = createRouter({
  routeTree: root.addChildren([shell.addChildren(routes), ...doors]),
  defaultErrorComponent: ScreenFailed,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
