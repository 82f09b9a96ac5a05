import { lazyPart } from '../../ui/part.tsx';

// Dialogs bring inputs of all kinds with them, and are not what one looks at first.
export const moveSheet = lazyPart(async () => (await import('./MoveSheet.tsx')).MoveSheet);

/** Shares a board with departments; loaded when it is opened. */
export const shareDialog = lazyPart(async () => (await import('./ShareDialog.tsx')).ShareDialog);

/** Asks for the name and place of a new board; loaded when it is opened. */
export const newBoard = lazyPart(async () => (await import('./NewBoard.tsx')).NewBoard);

/** Loads the dialogs of boards before they are asked for. */
export async function loadBoardDialogs(): Promise<void> {
  await Promise.all([moveSheet.load(), shareDialog.load(), newBoard.load()]);
}
