import type * as z from "zod";

const kinds: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  set: "a list",
  object: "an object with fields",
  record: "an object with fields",
  date: "a time",
  null: "null",
};

const formats: Record<string, string> = {
  email: "This is not a mail address.",
  url: "This is not an address such as https://example.org.",
  hostname: "This is not the name of a host, such as example.org.",
  datetime: "This is not a time with its time zone, such as 2035-01-31T13:30:00Z.",
  date: "This is not a day such as 2035-01-31.",
  guid: "This is not an id.",
  uuid: "This is not an id.",
};

/** What has a size, and how it is counted. Numbers have a value instead. */
const counted: Record<string, string> = { string: "character", array: "entry", set: "entry", map: "entry" };
const count = (number: number | bigint, unit: string) =>
  `${number} ${Number(number) === 1 ? unit : unit === "entry" ? "entries" : `${unit}s`}`;

/**
 * What is wrong with a value, in a sentence for whoever sent it: the library's own words are for programmers. Pass it to
 * `safeParse`. A schema that has a sentence of its own keeps it. Undefined for what has no plainer words.
 */
export function plainProblem(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && ["invalid_type", "invalid_value", "invalid_union"].includes(issue.code))
    return "This field is required.";
  switch (issue.code) {
    case "invalid_type":
      return `This must be ${kinds[issue.expected] ?? issue.expected}.`;
    case "invalid_value":
      return issue.values.length === 1
        ? `This must be ${String(issue.values[0])}.`
        : `This must be one of: ${issue.values.map(String).join(", ")}.`;
    case "too_small": {
      const unit = counted[issue.origin];
      if (unit === undefined)
        return `This must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}.`;
      return Number(issue.minimum) === 1
        ? "This must not be empty."
        : `This must have at least ${count(issue.minimum, unit)}.`;
    }
    case "too_big": {
      if (issue.origin === "int") return "This number is too large.";
      const unit = counted[issue.origin];
      if (unit === undefined)
        return `This must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}.`;
      return `This must have at most ${count(issue.maximum, unit)}.`;
    }
    case "unrecognized_keys":
      return `This cannot contain ${issue.keys.join(" or ")}.`;
    case "invalid_format":
      return formats[issue.format] ?? "This does not have the right form.";
    case "invalid_union":
      return Array.isArray(issue.options)
        ? `This must be one of: ${issue.options.map(String).join(", ")}.`
        : "This does not have any of the forms that are allowed.";
    default:
      return undefined;
  }
}
