import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Refusal } from "../../kernel/refusal.ts";

/** What a packed source may be unpacked to. A request may have 6 MB, and less where its bytes are sent as text. */
const maxSourceBytes = 32 * 1024 ** 2;

const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

/** The text of a request, which may be packed with gzip (`Content-Encoding: gzip`). */
export async function sourceOf({ body = "", isBase64Encoded, headers }: APIGatewayProxyEventV2): Promise<string> {
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const encoding = (headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity") return bytes.toString("utf8");
  if (encoding !== "gzip")
    throw new Refusal("invalid", "UNSUPPORTED_ENCODING", `A source is sent as it is or with gzip, not ${encoding}.`);
  try {
    return (await unpack(bytes, { maxOutputLength: maxSourceBytes })).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new Refusal(
        "too-large",
        "SOURCE_TOO_LARGE",
        `A source may have at most ${maxSourceBytes / 1024 ** 2} MiB. Divide it between several worksheets.`,
      );
    throw new Refusal("invalid", "MALFORMED_BODY", "The body is not packed with gzip, as its header says.");
  }
}
