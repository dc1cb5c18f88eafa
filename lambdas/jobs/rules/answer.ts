import * as z from "zod";
import type { AnswerHead, SeenItem } from "../../../contract/job.ts";
import { keepableText } from "../../../contract/keepable.ts";

/** More than any disk has. */
const maxBytes = 2 ** 44;
const size = z.int().min(0).max(maxBytes);
/** A path of Linux has at most 4096 bytes. */
const maxPath = 4096;
const path = z.string().transform((text) => keepableText(text, maxPath));

const seenItem: z.ZodType<SeenItem> = z.lazy(() =>
  z.object({
    name: path.refine((text) => !text.includes("/") && text !== "." && text !== ".."),
    kind: z.enum(["file", "folder", "link", "special"]),
    size,
    mode: z.int().min(0).max(0o7777),
    target: path.exactOptional(),
    contents: z.array(seenItem).exactOptional(),
  }),
);

const answerHead: z.ZodType<AnswerHead> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("list"), item: seenItem, isCut: z.boolean() }),
  z.object({ kind: z.literal("read"), size, from: size }),
  z.object({ kind: z.literal("written") }),
  z.object({ kind: z.literal("sent") }),
  z.object({
    kind: z.literal("response"),
    status: z.int().min(100).max(599),
    headers: z.record(z.string(), z.string()),
  }),
  z.object({ kind: z.literal("missing") }),
  z.object({ kind: z.literal("refused"), why: path }),
]);

/** The head and the bytes of an answer. Null if it is none: the worker may be an organizer's, who can send anything. */
export function parseAnswer(answer: Buffer): { head: AnswerHead; bytes: Buffer } | null {
  const end = answer.indexOf("\n");
  try {
    const head = answerHead.parse(JSON.parse(answer.subarray(0, end).toString()));
    return { head, bytes: answer.subarray(end + 1) };
  } catch {
    return null;
  }
}
