/** Sizes, durations and dates: as people write them, and as worksheets show them. */
import { fixed } from "./number-format.ts";
import { LanguageProblem } from "./problem.ts";

const sizeUnits = ["", "k", "m", "g", "t"] as const;
const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400, y: 365 * 86_400 } as const;

/** `2g` is 2 · 1024³ bytes. A number without a unit counts bytes. */
export function parseSize(text: string): number {
  const { number, unit } = quantity(text, /^[kmgt]$/);
  const power = unit === undefined ? 0 : (sizeUnits as readonly string[]).indexOf(unit);
  const bytes = number === undefined || (power === 0 && !Number.isInteger(number)) ? undefined : number * 1024 ** power;
  if (bytes === undefined || !Number.isSafeInteger(Math.trunc(bytes)))
    throw new LanguageProblem(`Invalid size: ${text}, expected <number>[<k|m|g|t>]`);
  return Math.trunc(bytes);
}

/** `2h` is 7200 seconds. A number without a unit counts seconds. */
export function parseDuration(text: string): number {
  const { number, unit } = quantity(text, /^[smhdy]$/);
  if (number === undefined) throw new LanguageProblem(`Invalid duration: ${text}, expected <number>[<s|m|h|d|y>]`);
  return number * secondsIn[(unit ?? "s") as keyof typeof secondsIn];
}

function quantity(text: string, units: RegExp): { number?: number; unit?: string } {
  const [, digits = "", letter = ""] = /^(\d+(?:\.\d*)?|\.\d+)([a-z]?)$/i.exec(text.trim()) ?? [];
  const unit = letter.toLowerCase();
  if (digits === "" || (unit !== "" && !units.test(unit))) return {};
  return { number: Number(digits), ...(unit === "" ? {} : { unit }) };
}

/** `12 bytes`, `8.1k`, `3g`. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < sizeUnits.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = size < 100 && !Number.isInteger(size) ? fixedSigned(size) : String(Math.trunc(size));
  return `${digits}${unit === 0 ? " bytes" : sizeUnits[unit]}`;
}

const fixedSigned = (value: number): string => (value < 0 ? "-" : "") + fixed(Math.abs(value), 1);

/** The two largest units: `1.5s`, `1m40s`, `2h46m`, `1y0d`. */
export function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${fixed(seconds, 1)}s`;
  if (minutes < 0) return `-${durationText(-seconds)}`;
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}m${Math.trunc(seconds - minutes * 60)}s`;
  const days = Math.floor(hours / 24);
  if (days === 0) return `${hours}h${minutes - hours * 60}m`;
  const years = Math.floor(days / 365);
  if (years === 0) return `${days}d${hours - days * 24}h`;
  return `${years}y${days - years * 365}d`;
}

/** `2026-03-01 14:05:00` in UTC, with as many decimals as the second has, at most six. */
export function dateText(epochSeconds: number): string {
  const whole = Math.floor(epochSeconds);
  const micros = Math.round((epochSeconds - whole) * 1e6) % 1e6;
  const text = new Date(whole * 1000).toISOString().slice(0, 19).replace("T", " ");
  return micros === 0 ? text : `${text}.${String(micros).padStart(6, "0")}`;
}
