/** Checks a file before a byte of it is sent. */
import { bytes } from "../app/format.ts";
import type { Phase } from "../competitions/queries.ts";
import { filesIn, readZip, wrappingFolder } from "../upload/zip.ts";
import { type BeforeSubmitting, canSubmitFile } from "./queries.ts";
import type { useTexts } from "./texts.ts";

const mebibyte = 1024 ** 2;

export interface Limits {
  phase: Phase;
  before: BeforeSubmitting;
  /** How many bytes the person may still store. */
  space: number;
}

/** The largest file that a phase and its queue take; null without a limit. */
export function largest({ phase, before }: Pick<Limits, "phase" | "before">): number | null {
  const ofPhase = phase.max_submission_size === null ? Infinity : phase.max_submission_size * mebibyte;
  const least = Math.min(ofPhase, before.max_submission_bytes ?? Infinity);
  return least === Infinity ? null : least;
}

export type Checked =
  | { problem: string }
  | {
      problem: null;
      checksum: string;
      /** Everything is inside this folder, which is probably a mistake. */
      folder: string | undefined;
    };

/** Looks at the size and into the zip, and asks the platform whether it would take the file. */
export async function checkFile(file: File, limits: Limits, t: ReturnType<typeof useTexts>): Promise<Checked> {
  const { problems } = t;
  const most = largest(limits);
  if (file.size === 0) return { problem: problems.empty };
  if (most !== null && file.size > most) return { problem: problems.tooLarge(bytes(file.size), bytes(most)) };
  if (file.size > limits.space) return { problem: problems.quota(bytes(file.size), bytes(Math.max(0, limits.space))) };
  // A folder that was dropped cannot be read.
  const zip = await readZip(file).catch(() => null);
  if (!zip) return { problem: problems.notZip };
  const files = filesIn(zip);
  if (files.length === 0) return { problem: problems.nothing };
  const { can, reason } = await canSubmitFile(limits.phase.id, file.size);
  if (!can) return { problem: reason ?? "" };
  return { problem: null, checksum: zip.checksum, folder: wrappingFolder(files) };
}
