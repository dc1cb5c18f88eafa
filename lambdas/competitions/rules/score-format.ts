import { divideHalfEven, parseDecimal } from "./decimal.ts";

/**
 * Formats a score for display as Python prints `round(float(score), precision)`: 0.85 stays `0.85`, 1 becomes `1.0`,
 * 12.4 with precision 0 becomes `12.0`, and 2.675 with precision 2 becomes `2.67`, because the double nearest to 2.675
 * is smaller. Ranking uses the exact score. `score` is decimal(20,10) text.
 */
export function formatScore(score: string, precision: number): string {
  if (parseDecimal(score) === undefined) throw new RangeError(`"${score}" is not a score`);
  return pythonFloat(roundHalfEven(Number(score), precision));
}

/** Rounds the exact value of a double to a number of decimal places, which may be negative; ties go to even. */
function roundHalfEven(value: number, places: number): number {
  // 100 places hold every digit of the double nearest to any score, so there is nothing to round.
  if (places > 100) return value;
  const kept = Math.max(places, -11);
  const digits = BigInt(Math.abs(value).toFixed(100).replace(".", ""));
  const rounded = Number(`${divideHalfEven(digits, 10n ** BigInt(100 - kept))}e${-kept}`);
  return value < 0 ? -rounded : rounded;
}

/** Prints the shortest text that reads back as the same double, with a point or an exponent, as Python does. */
function pythonFloat(value: number): string {
  const [, sign = "", digits = "", exponentText = ""] = /^(-?)([\d.]+)e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const minus = Object.is(value, -0) ? "-" : sign;
  const exponent = Number(exponentText);
  // Python also uses exponents from 1e16, but no score is that large.
  if (exponent < -4) return `${minus}${digits}e-${(-exponent).toString().padStart(2, "0")}`;
  const plain = digits.replace(".", "");
  if (exponent < 0) return `${minus}0.${"0".repeat(-exponent - 1)}${plain}`;
  return `${minus}${plain.slice(0, exponent + 1).padEnd(exponent + 1, "0")}.${plain.slice(exponent + 1) || "0"}`;
}
