import { bestLanguage, loadSetupMessages } from '../i18n/index.ts';

/** What is loaded when it is first shown, by what it is. */
export const screens = {
  board: () => import('./screens/BoardScreen.tsx'),
  boardDialogs: async () => (await import('../features/board/index.tsx')).loadBoardDialogs(),
  deal: () => import('../features/deal/index.tsx'),
  boards: () => import('./screens/BoardsScreen.tsx'),
  customers: () => import('./screens/CustomersScreen.tsx'),
  customer: () => import('./screens/CustomerScreen.tsx'),
  imports: () => import('./screens/ImportsScreen.tsx'),
  oneImport: () => import('./screens/ImportScreen.tsx'),
  people: () => import('../features/members/index.tsx'),
  setup: () => import('./screens/SetupScreens.tsx'),
  setupWords: () => loadSetupMessages(bestLanguage([document.documentElement.lang])),
  trash: () => import('../features/trash/index.tsx'),
  me: () => import('../features/devices/index.tsx'),
  door: () => import('../features/auth/index.tsx'), // who signs out without a network is to see that he has
  menu: () => import('../records/PageMenuItems.tsx'),
};

/** How long nothing is asked for before screens are loaded ahead: what somebody waits for comes first. */
const quietMs = 1_000;

/**
 * Loads all screens, one after another, once what is on the screen is there and
 * the browser has nothing better to do: without a network a person can go everywhere.
 */
export function loadAhead(): () => void {
  let stopped = false;
  const run = async () => {
    for (const load of Object.values(screens)) {
      if (stopped) return;
      await load().catch(() => undefined); // no network: each is asked for again when it is shown
    }
  };
  // Safari knows no idle time.
  const idle = globalThis.requestIdleCallback ?? ((call: () => void) => call());
  const quiet = setTimeout(() => idle(() => void run()), quietMs);
  return () => {
    stopped = true;
    clearTimeout(quiet);
  };
}
