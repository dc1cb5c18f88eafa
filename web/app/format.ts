/** Numbers and times in the reader's language and time zone. */
import { locale } from "./language.ts";

export const number = (value: number, options: Intl.NumberFormatOptions = {}): string =>
  new Intl.NumberFormat(locale(), options).format(value);

/** A size as people write it: 1.5 MB. */
export function bytes(size: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(size, 1)) / 3));
  return number(size / 1000 ** step, {
    style: "unit",
    unit: units[step]!,
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step === 0 ? 0 : 1,
  });
}

/** An amount in US dollars. A few cents, and less, keep the digits that tell how much it is. */
export function dollars(usd: string | number): string {
  const amount = Number(usd);
  const isSmall = amount !== 0 && Math.abs(amount) < 0.1;
  return number(amount, {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    ...(isSmall && { maximumSignificantDigits: 3 }),
  });
}

/** One or the other: a, b or c */
export const alternatives = (names: string[]): string =>
  new Intl.ListFormat(locale(), { type: "disjunction" }).format(names);

type Moment = string | number | Date;

/** 1 Jan 2027 */
export const date = (moment: Moment): string =>
  new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", year: "numeric" }).format(new Date(moment));

/** 1 Jan 2027, 13:00 */
export const dateTime = (moment: Moment): string =>
  new Intl.DateTimeFormat(locale(), {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(moment));

/** 01:00 CET: a time of a day, with the reader's zone. */
export const clock = (moment: Moment): string =>
  new Intl.DateTimeFormat(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(new Date(moment));

/** The reader's time zone, as people know it: "Central European Standard Time (Europe/Paris)". */
export function timeZone(): string {
  const { timeZone: name } = Intl.DateTimeFormat().resolvedOptions();
  const parts = new Intl.DateTimeFormat(locale(), { timeZoneName: "long" }).formatToParts(new Date());
  const long = parts.find(({ type }) => type === "timeZoneName")?.value ?? name;
  return long === name ? name : `${long} (${name})`;
}

const minute = 60_000;
const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 24 * 60 * minute],
  ["month", 30 * 24 * 60 * minute],
  ["day", 24 * 60 * minute],
  ["hour", 60 * minute],
  ["minute", minute],
];

/** "in 3 days", "2 hours ago" */
export function relative(moment: Moment, now: number = Date.now()): string {
  const distance = new Date(moment).getTime() - now;
  const [unit, size] = steps.find(([, size]) => Math.abs(distance) >= size) ?? ["minute", minute];
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.trunc(distance / size), unit);
}

/** "12 days", "3 hours": how long it is until then. */
export function duration(milliseconds: number): string {
  const [unit, size] = steps.slice(2).find(([, size]) => milliseconds >= size) ?? ["minute", minute];
  return number(Math.max(1, Math.floor(milliseconds / size)), { style: "unit", unit, unitDisplay: "long" });
}

const second = 1000;
const hour = 60 * minute;

/** About how long something takes, in few letters: 4 s, 12 min, 3 h. */
export function lasting(milliseconds: number): string {
  const [unit, size] =
    milliseconds < 2 * minute ? ["second", second] : milliseconds < 2 * hour ? ["minute", minute] : ["hour", hour];
  return number(Math.round(milliseconds / (size as number)), {
    style: "unit",
    unit: unit as string,
    unitDisplay: "short",
  });
}

/** How long something took, as exactly as one wants to know: 3.8 s, 2 min 5 s, 4 h 10 min. */
export function took(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < 10 * second) return `${number(time / second, { maximumFractionDigits: 1 })} s`;
  if (time < minute) return `${number(Math.round(time / second))} s`;
  if (time < hour) return `${number(Math.floor(time / minute))} min ${number(Math.floor((time % minute) / second))} s`;
  return `${number(Math.floor(time / hour))} h ${number(Math.floor((time % hour) / minute))} min`;
}

/** The milliseconds from a moment to another, or until now. */
export const between = (from: string, to: string | null): number =>
  (to === null ? Date.now() : Date.parse(to)) - Date.parse(from);
