/**
 * Scores as exact decimals: `decimal(20,10)`, with ten digits on either side of the point. In code a `Decimal` is a
 * bigint, the value times 10^10; in PostgreSQL and between functions it is text (`0.8500000000`).
 */
export type Decimal = bigint;

const places = 10;
const scale = 10n ** 10n;
const limit = 10n ** 20n;

/** Maximum length of a score in characters. Every double fits. */
const maxTextLength = 400;

/** Whether the value has at most ten digits before its point. */
export const fitsDecimal = (value: Decimal): boolean => -limit < value && value < limit;

/** `0.8500000000`: always ten decimal places, as PostgreSQL prints it. */
export function decimalText(value: Decimal): string {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/**
 * Parses a decimal number, rounded to ten places with ties to even. Sign, point, exponent and surrounding whitespace
 * are allowed. Returns undefined if the text is not a finite number. The result may be too large: see `fitsDecimal`.
 */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > maxTextLength) return undefined;
  const match = /^\s*([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:e([+-]?\d+))?\s*$/i.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = BigInt(whole + fraction);
  // Beyond this exponent every value except 0 is too large or rounds to 0.
  const shift = Math.max(-2 * maxTextLength, Math.min(2 * maxTextLength, Number(exponent))) - fraction.length + places;
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : divideHalfEven(digits, 10n ** BigInt(-shift));
  return sign === "-" ? -value : value;
}

/**
 * Converts a finite double exactly, rounded to ten places with ties to even. The result may be too large: see
 * `fitsDecimal`.
 */
export function decimalFromNumber(value: number): Decimal {
  if (Math.abs(value) >= 1e21) return BigInt(value) * scale;
  const parsed = parseDecimal(value.toFixed(100));
  if (parsed === undefined) throw new RangeError(`${value} is not a finite number`);
  return parsed;
}

/** Divides two integers and rounds to the nearest integer, ties to even. `denominator` must be positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (numerator < 0n) return -divideHalfEven(-numerator, denominator);
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/** The sum, or undefined if there are no values. */
export const sum = (values: readonly Decimal[]): Decimal | undefined =>
  values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0n);

/** Negative if `a` is smaller, positive if it is larger. */
export const compareDecimals = (a: Decimal, b: Decimal): number => (a < b ? -1 : a > b ? 1 : 0);
