/** What an input needs to know of a field; FieldInfo of src/api/wire.ts is one. */
export interface FieldShape {
  readonly key: string;
  readonly kind: string;
  readonly group?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly choices?: readonly { readonly key: string; readonly labels?: Readonly<Record<string, string>> }[];
  readonly linkType?: string;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  /** Why an admin asks for it. */
  readonly why?: string;
}

/** The parts of an address in the order people write them. */
export const addressParts = ['street', 'city', 'region', 'postcode', 'country'] as const;

/** An address as fields hold it; parts without a value are absent. */
export type Address = Readonly<Partial<Record<(typeof addressParts)[number], string>>>;

/** The value of an address field; no part of it for anything else. */
export function asAddress(value: unknown): Address {
  return typeof value === 'object' && value !== null ? (value as Address) : {};
}

/** The value of a field as a text: of numbers too, '' for what is neither. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** The value of a field of many; empty for what is no list. */
export function asList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
