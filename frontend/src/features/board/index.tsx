export { BoardPage } from './BoardPage.tsx';
export { BoardsPage } from './BoardsPage.tsx';
export { loadBoardDialogs } from './dialogs.ts';
