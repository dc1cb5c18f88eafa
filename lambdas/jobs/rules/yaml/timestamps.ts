/** YAML 1.1 timestamps as PyYAML matches them. A date without a time needs two digits for month and day. */
const timestampPattern =
  /^(\d{4})-(\d\d)-(\d\d)$|^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|[-+]\d\d?(?::\d\d)?))?$/;

/** A time of day. */
export interface Clock {
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}
export const midnight: Clock = { hour: 0, minute: 0, second: 0, millisecond: 0 };

/** Returns the instant, or null if the day or time does not exist. `offset` is in minutes east of UTC. */
export function instant(year: number, month: number, day: number, at: Clock, offset: number): Date | null {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists =
    year >= 1 &&
    year <= 9999 &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    at.hour < 24 &&
    at.minute < 60 &&
    at.second < 60 &&
    Math.abs(offset) < 24 * 60;
  if (!exists) return null;
  date.setUTCHours(at.hour, at.minute - offset, at.second, at.millisecond);
  return date;
}

/** Milliseconds of the digits after a decimal point. */
export const milliseconds = (fraction: string | undefined): number =>
  fraction ? Math.trunc(Number(`0.${fraction}`) * 1000) : 0;

/** Minutes east of UTC. */
export const offsetMinutes = (
  sign: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
): number => (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));

/**
 * Parses a YAML 1.1 timestamp; returns null if the text is not one. Without an offset the time is UTC; without a time it
 * is midnight.
 */
export function timestampInstant(text: string): Date | null {
  const match = timestampPattern.exec(text);
  if (!match) return null;
  if (match[1]) return instant(Number(match[1]), Number(match[2]), Number(match[3]), midnight, 0);
  const at = {
    hour: Number(match[7]),
    minute: Number(match[8]),
    second: Number(match[9]),
    millisecond: milliseconds(match[10]),
  };
  const east = /^([-+])(\d+)(?::(\d+))?$/.exec(match[11] ?? "");
  const offset = offsetMinutes(east?.[1], east?.[2], east?.[3]);
  return instant(Number(match[4]), Number(match[5]), Number(match[6]), at, offset);
}
