/** Numbers as Python's `%` operator prints them. Schemas of worksheets contain formats such as `%.2f`. */

/** A wider format would only fill memory. */
const maxWidth = 100;

const placeholder = /%([-+ 0#]*)(\d*)(?:\.(\d*))?([diufFeEgGs%])/g;

/** Undefined unless the format has a placeholder for exactly one number. */
export function formatNumber(format: string, value: number): string | undefined {
  const found = [...format.matchAll(placeholder)].filter(([, , , , kind]) => kind !== "%");
  const [, , width, precision = ""] = found[0] ?? [];
  const unread = format.replace(placeholder, "").includes("%");
  if (found.length !== 1 || unread || Number(width) > maxWidth || Number(precision) > maxWidth) return undefined;
  return format.replace(placeholder, (...[, flags, digits, places, kind]: Placeholder) =>
    kind === "%" ? "%" : padded(magnitude(Math.abs(value), kind, places), signOf(value, flags), flags, Number(digits)),
  );
}

type Placeholder = [whole: string, flags: string, width: string, precision: string | undefined, kind: string];

const signOf = (value: number, flags: string): string => {
  if (value < 0 || Object.is(value, -0)) return "-";
  if (flags.includes("+")) return "+";
  return flags.includes(" ") ? " " : "";
};

function padded(digits: string, sign: string, flags: string, width: number): string {
  if (flags.includes("-")) return (sign + digits).padEnd(width);
  if (flags.includes("0") && /\d/.test(digits)) return sign + digits.padStart(width - sign.length, "0");
  return (sign + digits).padStart(width);
}

function magnitude(value: number, kind: string, precision: string | undefined): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  const places = precision === undefined ? 6 : Number(precision);
  switch (kind) {
    case "d":
    case "i":
    case "u":
      return BigInt(Math.trunc(value)).toString();
    case "f":
    case "F":
      return fixed(value, places);
    case "e":
    case "E": {
      const text = withExponent(value.toExponential(places));
      return kind === "E" ? text.toUpperCase() : text;
    }
    case "s":
      return String(value);
    default: {
      const text = general(value, places || 1);
      return kind === "G" ? text.toUpperCase() : text;
    }
  }
}

/** Ties of the exact value go to the even digit, as in C and Python; JavaScript's `toFixed` rounds them up. */
export function fixed(value: number, places: number): string {
  const rounded = value.toFixed(places);
  const exact = value.toFixed(Math.min(100, places + 60));
  const [whole = "", fraction = ""] = exact.split(".");
  const isTie = /^50*$/.test(fraction.slice(places));
  if (!isTie || value >= 1e21) return rounded;
  const below = BigInt(whole + fraction.slice(0, places));
  const even = (below % 2n === 0n ? below : below + 1n).toString().padStart(places + 1, "0");
  return places === 0 ? even : `${even.slice(0, -places)}.${even.slice(-places)}`;
}

const withExponent = (text: string): string => text.replace(/e([-+])(\d)$/, "e$10$2");

function general(value: number, digits: number): string {
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split("e")[1]);
  if (exponent < -4 || exponent >= digits) {
    return withExponent(value.toExponential(digits - 1).replace(/\.?0*e/, "e"));
  }
  const text = value.toFixed(Math.max(0, digits - 1 - exponent));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
