/**
 * Reads dates as PyYAML and dateutil do, because bundles were written for them, with two deliberate differences: the
 * time of day is kept, and an offset from UTC is applied.
 */
import { instant, midnight, milliseconds, offsetMinutes, type Clock } from "../../../jobs/rules/yaml/timestamps.ts";

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const longMonthNames = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const weekdays = /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?$/;
const fillers = new Set(["at", "on", "of", "and", "st", "nd", "rd", "th"]);

/** Hour and minute, with optional second and am/pm: `14:30`, `2:30:15.5 pm`. */
const clock = /(?<![\d:])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?(?:\s*([ap])\.?m\b\.?)?/i;
/** An hour without minutes, which needs am or pm: `5 pm`. The empty groups keep the group numbers of `clock`. */
const hourOnly = /(?<![\d:])(\d{1,2})()()()\s*([ap])\.?m\b\.?/i;
/** What may follow a time: Z, UTC, GMT or a time zone abbreviation, an offset, or one of these with an offset. */
const zone = /^\s*(?:Z|z|UTC|utc|GMT|([A-Z]{3,5}))?\s*(?:([+-])(\d{1,2})(?::?(\d{2}))?)?(?![\w:])/;

/** A date read from text, with the parts that another reader could understand differently. */
export interface ReadDate {
  date: Date;
  /** Day and month could be swapped: 8-7-2019 is read as August 7. */
  ambiguous: boolean;
  /** A time zone abbreviation (EST). It does not determine one offset, so the time was read as UTC. */
  unknownZone: string | null;
}

/**
 * Reads a date that YAML takes for plain text: `12-31-2026`, `31/12/2026`, `2026-1-5 14:30`, `January 5, 2026 2 pm
 * +01:00`, `20260105T1430`. Three numbers are month, day, year; if the first is a year, they are year, month, day; if
 * the first is larger than 12, they are day, month, year. Two-digit years mean 1970 to 2069. Returns null if any part
 * is not understood, or if year, month or day is missing.
 */
export function textInstant(text: string): ReadDate | null {
  if (text.length > 80) return null;
  const digits = /^\s*(\d{8})[Tt ]?(\d\d)(\d\d)(\d\d)?\s*$/.exec(text);
  const withColons = digits ? `${digits[1]} ${digits[2]}:${digits[3]}:${digits[4] ?? "00"}` : text;
  const found = clock.exec(withColons) ?? hourOnly.exec(withColons);
  const at = found ? clockOf(found) : midnight;
  if (!at) return null;
  let rest = withColons;
  let east: RegExpExecArray | null = null;
  if (found) {
    const after = withColons.slice(found.index + found[0].length);
    east = zone.exec(after);
    rest = `${withColons.slice(0, found.index).replace(/(?<=\d)t$/i, "")} ${after.slice(east?.[0].length ?? 0)}`;
  }
  const day = dayOf(rest);
  if (!day) return null;
  const date = instant(day.year, day.month, day.day, at, offsetMinutes(east?.[2], east?.[3], east?.[4]));
  return date && { date, ambiguous: day.ambiguous, unknownZone: east?.[1] ?? null };
}

function clockOf(match: RegExpExecArray): Clock | null {
  let hour = Number(match[1]);
  const half = match[5]?.toLowerCase();
  if (half) {
    if (hour > 12) return null;
    hour = (hour % 12) + (half === "p" ? 12 : 0);
  }
  return { hour, minute: Number(match[2] || 0), second: Number(match[3] || 0), millisecond: milliseconds(match[4]) };
}

interface Day {
  year: number;
  month: number;
  day: number;
  ambiguous: boolean;
}

/** Reads year, month and day from a text without a time. Returns null if it contains anything else. */
function dayOf(text: string): Day | null {
  const words = text.toLowerCase().match(/\d+|\p{L}+|[^\s,./'-]/gu) ?? [];
  const parts = words.filter((word) => !fillers.has(word) && !weekdays.test(word));
  const [only = ""] = parts;
  if (parts.length === 1 && /^\d{8}$/.test(only)) parts.splice(0, 1, only.slice(0, 4), only.slice(4, 6), only.slice(6));
  if (parts.length !== 3 || parts.some((part) => part.length > 9)) return null;
  const named = parts.map((part) => {
    const short = part === "sept" ? 8 : monthNames.indexOf(part);
    return short >= 0 ? short : longMonthNames.indexOf(part);
  });
  const nameAt = named.findIndex((month) => month >= 0);
  if (parts.some((part, i) => i !== nameAt && !/^\d+$/.test(part))) return null;
  if (nameAt < 0) return numericDay(parts);
  const numbers = parts.filter((_, i) => i !== nameAt);
  const [first = "", second = ""] = numbers;
  // A number that cannot be a day is the year. Otherwise the day comes before the year, unless the text ends with the
  // month.
  const yearFirst = isYear(first) || (!isYear(second) && nameAt === 2);
  const [year, day] = yearFirst ? [first, second] : [second, first];
  return { year: fullYear(year), month: (named[nameAt] ?? 0) + 1, day: Number(day), ambiguous: false };
}

function numericDay(parts: string[]): Day {
  const [a = "", b = "", c = ""] = parts;
  if (isYear(a)) return { year: fullYear(a), month: Number(b), day: Number(c), ambiguous: false };
  if (Number(a) > 12) return { year: fullYear(c), month: Number(b), day: Number(a), ambiguous: false };
  return { year: fullYear(c), month: Number(a), day: Number(b), ambiguous: Number(b) <= 12 && Number(a) !== Number(b) };
}

const isYear = (digits: string): boolean => digits.length > 2 || Number(digits) > 31;

function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}
