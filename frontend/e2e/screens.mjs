// What browser tests find and do on the screens, named once.

/** A stage of a board. */
export const column = (page, stage) => page.getByRole('region', { name: stage });
/** A card in a stage. */
export const cardIn = (page, stage, title) => column(page, stage).getByRole('article', { name: title });
/** A stage where a pipeline is set up. */
export const stageCard = (page, name) =>
  page.locator('[data-stage]', { has: page.getByRole('button', { name: new RegExp(`^${name}`) }) });

/** Chooses in one of Mantine's lists. */
export async function choose(page, scope, label, option) {
  await scope.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

/** Saves a pipeline and waits until it is. */
export async function saved(page) {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).waitFor({ state: 'detached' });
}
