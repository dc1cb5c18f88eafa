/** Passes messages and requests of HTTP to a port that the program of a running step listens on. */
import { request, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { maxPortBytes, maxPortMs, type AnswerHead, type PortQuestion, type Question } from "../contract/job.ts";
import { readableSize } from "./failure.ts";

/** Opens a connection to a port of the program that runs. Throws `Unreachable`. */
export type Connect = (port: number) => Promise<Duplex>;

/** The program cannot be connected to. The message is a sentence for whoever asked. */
export class Unreachable extends Error {}

export interface Parts {
  head: AnswerHead;
  bytes?: Buffer;
}

export const isPortQuestion = (question: Question): question is PortQuestion =>
  question.kind === "send" || question.kind === "request";

/** Throws `Unreachable` if the program does not answer. */
export async function answerOnPort(connect: Connect, question: PortQuestion): Promise<Parts> {
  const connection = await connect(question.port);
  // Whoever reads the connection learns of its errors. Later ones say nothing.
  connection.on("error", () => {});
  const late = AbortSignal.timeout(maxPortMs);
  const end = () => connection.destroy();
  late.addEventListener("abort", end);
  try {
    return await (question.kind === "send" ? send(connection, question) : respond(connection, question));
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    const why = late.aborted
      ? `has not answered within ${maxPortMs / 1000} seconds`
      : "closed the connection, or its answer is not HTTP";
    throw new Unreachable(`What listens on port ${question.port} of the run ${why}.`, { cause: error });
  } finally {
    late.removeEventListener("abort", end);
    connection.destroy();
  }
}

/** What came counts, also when the program does not close the connection in time. */
async function send(connection: Duplex, { bytes, port }: PortQuestion & { kind: "send" }): Promise<Parts> {
  connection.write(Buffer.from(bytes, "base64"));
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of connection as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= maxPortBytes) break;
    }
  } catch (error) {
    if (length === 0) throw error;
  }
  if (length === 0) throw new Unreachable(`Nothing answers on port ${port} of the run.`);
  return { head: { kind: "sent" }, bytes: Buffer.concat(pieces).subarray(0, maxPortBytes) };
}

async function respond(connection: Duplex, question: PortQuestion & { kind: "request" }): Promise<Parts> {
  const { port, method, path, headers } = question;
  const body = Buffer.from(question.bytes, "base64");
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const length = body.length > 0 || !["GET", "DELETE"].includes(method) ? { "content-length": body.length } : {};
    const always = { host: `localhost:${port}`, connection: "close" };
    request({ createConnection: () => connection, method, path, headers: { ...headers, ...always, ...length } })
      .on("response", resolve)
      .on("error", reject)
      .end(body);
  });
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxPortBytes)
      throw new Unreachable(
        `The run answered with more than ${readableSize(maxPortBytes)}, which is the most that is passed on.`,
      );
  }
  const kept = Object.entries(response.headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  const status = response.statusCode ?? 502;
  return { head: { kind: "response", status, headers: Object.fromEntries(kept) }, bytes: Buffer.concat(pieces) };
}
