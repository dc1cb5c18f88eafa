/** AWS Signature Version 4, as S3 checks it: in headers, in the query of a signed URL, and over a POST policy. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error, accessDenied, invalidArgument } from "./errors.ts";

export interface KeyPair {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  /** A host that signatures may name although the request has another one. */
  signedHost?: string;
}

/** The signed parts of a request, before any decoding of path and query. */
export interface SignedRequest {
  method: string;
  rawPath: string;
  query: [name: string, value: string][];
  headers: NodeJS.Dict<string[]>;
}

/** The result of a valid signature. */
export interface Authorization {
  /** SHA-256 of the body in hex, or S3's constant for a body that is not hashed or is hashed in chunks. */
  payloadHash: string;
  /** Computes the next signature of an aws-chunked body. Each signature includes the previous one. */
  signNext: (kind: "PAYLOAD" | "TRAILER", hashes: string[]) => string;
}

const algorithm = "AWS4-HMAC-SHA256";
const maxClockSkewMs = 15 * 60_000;
const maxExpirySeconds = 7 * 24 * 3600;

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
/** SHA-256 in hex. */
export const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

/** Percent-encoding, as signatures require. */
export const uriEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Percent-decoding. Throws `S3Error` unless the text is valid percent-encoded UTF-8. */
export function uriDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, "InvalidURI", "The URI is not valid percent-encoded UTF-8.");
  }
}

/** Compares in constant time. */
export function sameSecret(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parseDate(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) throw accessDenied("AWS authentication requires a valid x-amz-date.");
  const [, year, month, day, hour, minute, second] = parts.map(Number) as [number, ...number[]];
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

/** A header in signed form: repeated values joined, several spaces reduced to one. */
const headerOf = (request: SignedRequest, name: string): string | undefined =>
  request.headers[name]?.map((value) => value.trim().replace(/ +/g, " ")).join(",");

const mismatch = () =>
  new S3Error(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  );

export class SignatureVerifier {
  readonly #keys: KeyPair;
  #cached: { day: string; key: Buffer } = { day: "", key: Buffer.alloc(0) };

  constructor(keys: KeyPair) {
    this.#keys = keys;
  }

  /**
   * Checks a request that is signed in its headers or in its query. Throws `S3Error` when the signature is not valid.
   */
  verifyRequest(request: SignedRequest): Authorization {
    const inQuery = request.query.some(([name]) => name === "X-Amz-Signature");
    return inQuery ? this.#verifyQuery(request) : this.#verifyHeaders(request);
  }

  /** Checks the signature of a POST policy. Field names are in lower case. Throws `S3Error` when it is not valid. */
  verifyPolicy(fields: Map<string, string>): void {
    const field = (name: string) => {
      const value = fields.get(name);
      if (value === undefined) throw accessDenied(`The form has no field ${name}. It must come before the file.`);
      return value;
    };
    if (field("x-amz-algorithm") !== algorithm) throw invalidArgument(`x-amz-algorithm must be ${algorithm}.`);
    const { day } = this.#checkCredential(field("x-amz-credential"), field("x-amz-date"), "InvalidArgument");
    if (!sameSecret(hmac(this.#signingKey(day), field("policy")).toString("hex"), field("x-amz-signature")))
      throw mismatch();
  }

  #verifyHeaders(request: SignedRequest): Authorization {
    const header = headerOf(request, "authorization");
    if (header === undefined) throw accessDenied("Anonymous access is not allowed. Sign the request.");
    const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([^,]+)$/.exec(header);
    const code = "AuthorizationHeaderMalformed";
    if (!parts) throw new S3Error(400, code, "The authorization header is malformed.");
    const [, credential, signedHeaders, signature] = parts as unknown as [string, string, string, string];
    const date = headerOf(request, "x-amz-date") ?? "";
    const payloadHash = headerOf(request, "x-amz-content-sha256");
    if (payloadHash === undefined) throw invalidArgument("The header x-amz-content-sha256 is required.");
    if (Math.abs(Date.now() - parseDate(date)) > maxClockSkewMs)
      throw new S3Error(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the server's time is too large. Set the clock.",
      );
    return this.#verify(request, { code, credential, date, signedHeaders, signature, payloadHash });
  }

  #verifyQuery(request: SignedRequest): Authorization {
    const query = new Map(request.query);
    if (query.size !== request.query.length) throw invalidArgument("A query parameter is given twice.");
    const code = "AuthorizationQueryParametersError";
    const malformed = (message: string) => new S3Error(400, code, message);
    const value = (name: string) => {
      const found = query.get(name);
      if (found === undefined) throw malformed(`The query parameter ${name} is missing.`);
      return found;
    };
    if (value("X-Amz-Algorithm") !== algorithm) throw malformed(`X-Amz-Algorithm must be ${algorithm}.`);
    const date = value("X-Amz-Date");
    const expires = Number(value("X-Amz-Expires"));
    if (!Number.isInteger(expires) || expires < 1 || expires > maxExpirySeconds)
      throw malformed("X-Amz-Expires must be 1 to 604800 seconds.");
    const signedAt = parseDate(date);
    if (signedAt > Date.now() + maxClockSkewMs) throw accessDenied("Request is not yet valid");
    if (Date.now() > signedAt + expires * 1000) throw accessDenied("Request has expired");
    return this.#verify(request, {
      code,
      credential: value("X-Amz-Credential"),
      date,
      signedHeaders: value("X-Amz-SignedHeaders"),
      signature: value("X-Amz-Signature"),
      payloadHash: query.get("X-Amz-Content-Sha256") ?? headerOf(request, "x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD",
    });
  }

  #verify(
    request: SignedRequest,
    given: Record<"code" | "credential" | "date" | "signedHeaders" | "signature" | "payloadHash", string>,
  ): Authorization {
    const { day, scope } = this.#checkCredential(given.credential, given.date, given.code);
    const names = given.signedHeaders.split(";");
    if (!names.includes("host")) throw accessDenied("The header host must be signed.");
    // Otherwise the holder of a signed PUT could add x-amz-copy-source and read any object.
    const isUnsigned = (name: string) => name.startsWith("x-amz-") && !names.includes(name);
    const unsigned = Object.keys(request.headers).find(isUnsigned);
    if (unsigned !== undefined) throw accessDenied(`The header ${unsigned} was present but not signed.`);

    const canonicalFor = (host: string | undefined) =>
      [
        request.method,
        request.rawPath
          .split("/")
          .map((part) => uriEncode(uriDecode(part)))
          .join("/"),
        request.query
          .filter(([name]) => name !== "X-Amz-Signature")
          .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
          .sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
          .map((pair) => pair.join("="))
          .join("&"),
        ...names.map((name) => `${name}:${(name === "host" ? host : headerOf(request, name)) ?? ""}`),
        "",
        given.signedHeaders,
        given.payloadHash,
      ].join("\n");
    const key = this.#signingKey(day);
    const signatureFor = (host: string | undefined) =>
      hmac(key, [algorithm, given.date, scope, sha256(canonicalFor(host))].join("\n")).toString("hex");
    // A proxy may pass its own host, and a worker may reach the store by another address than people.
    const isSigned = (host: string | undefined) => sameSecret(signatureFor(host), given.signature);
    if (![headerOf(request, "host"), this.#keys.signedHost].some(isSigned)) throw mismatch();
    let previous = given.signature;
    return {
      payloadHash: given.payloadHash,
      signNext: (kind, hashes) => {
        const text = [`${algorithm}-${kind}`, given.date, scope, previous, ...hashes].join("\n");
        previous = hmac(key, text).toString("hex");
        return previous;
      },
    };
  }

  /** `code` is S3's error code for a malformed credential at this place. */
  #checkCredential(credential: string, date: string, code: string): { day: string; scope: string } {
    const parts = credential.split("/");
    const [day, region, service, terminal] = parts.slice(-4);
    if (parts.length < 5 || day !== date.slice(0, 8) || service !== "s3" || terminal !== "aws4_request")
      throw new S3Error(400, code, "The credential must be KEY/DAY/REGION/s3/aws4_request, with the day of the date.");
    if (region !== this.#keys.region)
      throw new S3Error(400, code, `The region '${region}' is wrong; expecting '${this.#keys.region}'.`);
    if (!sameSecret(this.#keys.accessKeyId, parts.slice(0, -4).join("/")))
      throw new S3Error(403, "InvalidAccessKeyId", "The access key does not exist in our records.");
    return { day, scope: `${day}/${region}/s3/aws4_request` };
  }

  #signingKey(day: string): Buffer {
    if (this.#cached.day !== day) {
      const scope = [day, this.#keys.region, "s3", "aws4_request"];
      const key = scope.reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${this.#keys.secretAccessKey}`);
      this.#cached = { day, key: key as Buffer };
    }
    return this.#cached.key;
  }
}
