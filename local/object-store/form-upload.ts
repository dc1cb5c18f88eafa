import { ByteReader, readAll } from "./byte-reader.ts";
import { S3Error, accessDenied, invalidArgument } from "./errors.ts";

/** An upload by an HTML form: multipart/form-data with one file, which comes after all other fields. */
export interface FormUpload {
  /** Field names in lower case. */
  fields: Map<string, string>;
  /** The file's name on the sender's side; may be empty. */
  fileName: string;
  file: AsyncIterable<Buffer>;
}

/** Limit for everything before the file. */
const maxFieldsBytes = 64 * 1024;
const malformed = (message: string) => new S3Error(400, "MalformedPOSTRequest", message);

/** Reads the fields before the file. The caller streams the file. */
export async function readForm(contentType: string, bytes: AsyncIterable<Buffer>): Promise<FormUpload> {
  const boundary = /^multipart\/form-data;.*\bboundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  if (!boundary) throw malformed("The body is not multipart/form-data with a boundary.");
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  const lineEnd = Buffer.from("\r\n");
  const headersEnd = Buffer.from("\r\n\r\n");
  const reader = new ByteReader(bytes, "\r\n");
  await readAll(reader.until(delimiter), maxFieldsBytes);

  const fields = new Map<string, string>();
  let left = maxFieldsBytes;
  const text = async (end: Buffer): Promise<string> => {
    const read = await reader.text(end, left);
    left -= Buffer.byteLength(read);
    return read;
  };
  while ((await text(lineEnd)).trim() === "") {
    const headers = await text(headersEnd);
    const name = parameter(headers, "name")?.toLowerCase();
    if (name === undefined) throw malformed("A part of the form has no name.");
    if (name === "file")
      return { fields, fileName: parameter(headers, "filename") ?? "", file: reader.until(delimiter) };
    if (fields.has(name)) throw invalidArgument(`The form has the field ${name} more than once.`);
    fields.set(name, await text(delimiter));
  }
  throw invalidArgument("POST requires exactly one file upload per request.");
}

/** Reads a parameter of a part's Content-Disposition. Browsers and `fetch` write `"` as %22 and escape nothing else. */
const parameter = (headers: string, name: string): string | undefined =>
  new RegExp(`^content-disposition:[^\r\n]*;\\s*${name}="([^"]*)"`, "im").exec(headers)?.[1]?.replaceAll("%22", '"');

/** The file sizes that a policy allows. */
export interface SizeRange {
  minBytes: number;
  maxBytes: number;
}

/** Fields that need no condition: the policy itself and its signature. */
const unconditioned = /^(policy|x-amz-signature|x-ignore-.*)$/;

/**
 * Checks a form against its policy (JSON in base64), whose signature was checked before. Throws `S3Error` when the
 * policy has expired, when a condition is not met, or when no condition names a field. Field names are in lower case;
 * `bucket` is the bucket of the request.
 */
export function checkPolicy(policy: string, fields: Map<string, string>, bucket: string): SizeRange {
  const { expiration, conditions } = parsePolicy(policy);
  if (!(Date.parse(expiration) > Date.now())) throw accessDenied("Invalid according to Policy: Policy expired.");
  const refuse = (condition: unknown) =>
    accessDenied(`Invalid according to Policy: Policy Condition failed: ${JSON.stringify(condition)}`);
  const values = new Map([...fields, ["bucket", bucket]]);
  const named = new Set<string>();
  const range: SizeRange = { minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER };

  for (const condition of conditions) {
    const tests = Array.isArray(condition)
      ? [condition as unknown[]]
      : Object.entries(condition).map(([field, value]) => ["eq", `$${field}`, value]);
    for (const [operator, first, second] of tests) {
      if (operator === "content-length-range") {
        range.minBytes = Math.max(range.minBytes, Number(first));
        range.maxBytes = Math.min(range.maxBytes, Number(second));
        if (!(range.minBytes >= 0 && range.maxBytes >= 0)) throw refuse(condition);
        continue;
      }
      if (typeof first !== "string" || !first.startsWith("$") || typeof second !== "string") throw refuse(condition);
      const field = first.slice(1).toLowerCase();
      named.add(field);
      const value = values.get(field);
      const isMet =
        value !== undefined &&
        ((operator === "eq" && value === second) || (operator === "starts-with" && value.startsWith(second)));
      if (!isMet) throw refuse(condition);
    }
  }
  if (!named.has("bucket")) throw accessDenied("Invalid according to Policy: no condition names the bucket.");
  const extra = [...fields.keys()].find((name) => !named.has(name) && !unconditioned.test(name));
  if (extra !== undefined) throw accessDenied(`Invalid according to Policy: Extra input fields: ${extra}`);
  return range;
}

function parsePolicy(policy: string): { expiration: string; conditions: object[] } {
  const invalid = (message: string) => new S3Error(400, "InvalidPolicyDocument", `Invalid Policy: ${message}`);
  let parsed: { expiration?: unknown; conditions?: unknown } | null;
  try {
    parsed = JSON.parse(Buffer.from(policy, "base64").toString("utf8"));
  } catch {
    throw invalid("Invalid JSON.");
  }
  const { expiration, conditions } = parsed ?? {};
  if (typeof expiration !== "string") throw invalid("Policy missing expiration.");
  if (!Array.isArray(conditions) || conditions.some((one) => typeof one !== "object" || one === null))
    throw invalid("Invalid 'conditions' value: must be a List of Lists and Objects.");
  return { expiration, conditions: conditions as object[] };
}

/** Streams the file. Throws `S3Error` as soon as it is larger than allowed, or at its end when it is smaller. */
export async function* withinRange(
  file: AsyncIterable<Buffer>,
  { minBytes: least, maxBytes: most }: SizeRange,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > most)
      throw new S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.");
    yield chunk;
  }
  if (size < least)
    throw new S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed object size.");
}
