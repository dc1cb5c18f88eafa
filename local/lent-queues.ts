import { createHmac, timingSafeEqual } from "node:crypto";
import { type IncomingMessage, request as forward, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { json } from "node:stream/consumers";
import * as z from "zod";

const lentSchema = z.object({ queue: z.string(), expires: z.number() });
type Lent = z.infer<typeof lentSchema>;
const inputSchema = z.looseObject({ QueueUrl: z.string() });
const maxBodyBytes = 256 * 1024;

/** What a worker may do with a queue that was lent to it. */
const allowed = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"].map((action) => `AmazonSQS.${action}`);

/**
 * The embedded queues accept every request, so only this machine reaches them. Organizers' workers reach their one
 * queue through the platform's port, with the session token of the credentials that were lent to them.
 */
export class LentQueues {
  readonly #secret: string;
  readonly #endpoint: string;

  /** `endpoint` is the address of the embedded queues. */
  constructor(secret: string, endpoint: string) {
    this.#secret = secret;
    this.#endpoint = endpoint;
  }

  /** Makes the session token for a queue. */
  lend(lent: Lent): string {
    const content = Buffer.from(JSON.stringify(lent)).toString("base64url");
    return `${content}.${this.#sign(content)}`;
  }

  isFor = ({ headers }: IncomingMessage): boolean => String(headers["x-amz-target"]).startsWith("AmazonSQS.");

  answer = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request, response).catch(() => response.destroy());
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const lent = this.#read(String(request.headers["x-amz-security-token"]));
    const isSmall = Number(request.headers["content-length"] ?? Infinity) <= maxBodyBytes;
    const input = lent && isSmall ? inputSchema.safeParse(await json(request)) : undefined;
    const queue = input?.data?.QueueUrl.split("/").at(-1);
    const target = String(request.headers["x-amz-target"]);
    if (!lent || queue !== lent.queue || !allowed.includes(target)) {
      request.resume();
      return refuse(response, 403, denied);
    }

    const body = JSON.stringify(input!.data);
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "content-length": Buffer.byteLength(body),
      "x-amz-target": target,
    };
    const passed = forward(this.#endpoint, { method: "POST", headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      // If the queues break off, so does the answer.
      pipeline(answer, response, () => undefined);
    });
    passed.on("error", () => (response.headersSent ? response.destroy() : refuse(response, 503, unavailable)));
    // Otherwise a poll of a worker that went away would still take the next message.
    response.once("close", () => passed.destroy());
    passed.end(body);
  }

  #sign = (content: string): string => createHmac("sha256", this.#secret).update(content).digest("base64url");

  /** What a session token allows; null if it is not valid. */
  #read(token: string): Lent | null {
    const [content = "", signature = ""] = token.split(".");
    const [expected, given] = [Buffer.from(this.#sign(content)), Buffer.from(signature)];
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null;
    const lent = lentSchema.parse(JSON.parse(Buffer.from(content, "base64url").toString()));
    return lent.expires > Date.now() ? lent : null;
  }
}

const denied = {
  __type: "com.amazonaws.sqs#AccessDeniedException",
  message: "The credentials do not allow this. They are for one queue, and expire after an hour.",
};
const unavailable = {
  __type: "com.amazonaws.sqs#ServiceUnavailable",
  message: "The queues are not available right now. Try again in a moment.",
};

function refuse(response: ServerResponse, status: number, reason: { __type: string; message: string }): void {
  const body = JSON.stringify(reason);
  response
    .writeHead(status, { "content-type": "application/x-amz-json-1.0", "content-length": Buffer.byteLength(body) })
    .end(body);
}
