/** Messages and requests of HTTP to what the program of a run listens on. */
import type { PortQuestion } from "../../../../contract/job.ts";
import { ask } from "../../../jobs/service/questions.ts";
import type { Context } from "../../../kernel/context.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { Actor } from "../../../policy/policy.ts";
import { findBundles } from "../../db/bundles.ts";
import { headersFromProgram, headersToProgram } from "../../rules/port-headers.ts";
import { idOf } from "../access.ts";
import { requirePermission } from "../read-bundles.ts";

/** Questions are rows of the database. */
const maxSentBytes = 1_000_000;

export interface PortRequest {
  method: string;
  /** The path under which the platform passes requests on to this port. */
  base: string;
  /** Begins with a slash, and has the query. */
  path: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** Sends a message to a port of a run, and answers what the program sends back. For those who may do all with the run. */
export async function sendToRun(
  context: Context,
  actor: Actor,
  { uuid, port, message }: { uuid: string; port: number; message: string },
): Promise<Buffer> {
  const bytes = Buffer.from(message);
  const { head, bytes: answer } = await askProgram(context, actor, uuid, 2, {
    kind: "send",
    port,
    bytes: encoded(bytes),
  });
  if (head.kind !== "sent") throw notHeard();
  return answer;
}

/**
 * Passes a request of HTTP on to a port of a run. Who may read the run may ask with GET, so that people can show what they made.
 * Other methods may change something in it, and are for those who may do all with it.
 */
export async function requestOfRun(
  context: Context,
  actor: Actor,
  uuid: string,
  port: number,
  { method, base, path, headers, body }: PortRequest,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  const { head, bytes } = await askProgram(context, actor, uuid, method === "GET" ? 1 : 2, {
    ...{ kind: "request", port, method, path },
    headers: headersToProgram(headers),
    bytes: encoded(body),
  });
  if (head.kind !== "response" || head.status < 200) throw notHeard();
  return { status: head.status, headers: headersFromProgram(head.headers, base), body: bytes };
}

const notHeard = () =>
  new Refusal("unavailable", "WORKER_SILENT", "The worker of the run does not answer. Try again soon.");

function encoded(bytes: Buffer): string {
  if (bytes.length > maxSentBytes)
    throw new Refusal("too-large", "BODY_TOO_LARGE", `At most ${maxSentBytes} bytes can be sent to a run at once.`);
  return bytes.toString("base64");
}

async function askProgram(context: Context, actor: Actor, uuid: string, needed: 1 | 2, question: PortQuestion) {
  const bundles = await findBundles(context.db, idOf(actor), [uuid]);
  requirePermission(actor, bundles, [uuid], needed);
  const [bundle] = bundles;
  if (bundle!.state !== "running" || bundle!.job_id === null)
    throw new Refusal("forbidden", "NOT_RUNNING", `Cannot connect to bundle ${uuid}: it is not running.`);
  const answer = await ask(context, bundle!.job_id, question);
  if (answer === null) throw notHeard();
  if (answer.head.kind === "refused")
    throw new Refusal("forbidden", "NO_ANSWER", `Cannot connect to bundle ${uuid}. ${answer.head.why}`);
  return answer;
}
