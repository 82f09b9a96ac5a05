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

export type Address = Readonly<Partial<Record<(typeof addressParts)[number], string>>>;

export function asAddress(value: unknown): Address {
  return typeof value === 'object' && value !== null ? (value as Address) : {};
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export function asList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
