/** What a board is shown with. */
export interface BoardPageProps {
  readonly boardId: string;
  readonly openDealId: string | undefined;
  onOpenDeal(dealId: string): void;
}
