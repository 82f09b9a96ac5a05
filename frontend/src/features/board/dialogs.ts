import { lazyPart } from '../../ui/part.tsx';

// Dialogs bring inputs of all kinds with them, and are not what one looks at first.
export const moveSheet = lazyPart(async () => (await import('./MoveSheet.tsx')).MoveSheet);
export const shareDialog = lazyPart(async () => (await import('./ShareDialog.tsx')).ShareDialog);
export const newBoard = lazyPart(async () => (await import('./NewBoard.tsx')).NewBoard);

/** Loads the dialogs of boards before they are asked for. */
export async function loadBoardDialogs(): Promise<void> {
  await Promise.all([moveSheet.load(), shareDialog.load(), newBoard.load()]);
}
