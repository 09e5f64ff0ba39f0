/**
 * Numbers as tools print them in the C locale, read strictly: ASCII digits, a point, the unit that
 * was asked for. A decimal comma, grouped digits or other scripts' digits are not guessed at.
 */
export const kibi = 1024;
export const mebi = 1024 ** 2;
export const gibi = 1024 ** 3;

/** A whole number, or undefined. */
export function integer(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text.trim())) return undefined;
  const value = Number(text.trim());
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A whole number or a decimal fraction, or undefined. */
export function decimal(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  return /^-?\d{1,15}(\.\d{1,9})?$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** The number before one of the units, `8192 MiB` with unit `MiB`; without a unit as well. */
export function withUnit(text: string | undefined, unit: string): number | undefined {
  const trimmed = text?.trim() ?? '';
  return decimal(trimmed.endsWith(unit) ? trimmed.slice(0, -unit.length) : trimmed);
}

/** Bytes of a value in `unit` bytes. */
export function bytes(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : Math.round(value * unit);
}
