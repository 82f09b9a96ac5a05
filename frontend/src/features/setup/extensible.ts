/** The record types that can have fields of the company's own. */
export const extensible = ['deal', 'customer', 'contact'] as const;

/** A record type that can have fields of the company's own. */
export type ExtensibleType = (typeof extensible)[number];
