/** Uploads a file as a dataset: in parts, which are tried again one by one, and from where it stopped. */
import { api, ApiError, ask, type Shape } from "../api/client.ts";
import { forgetUpload, noteUpload, unfinished } from "./notes.ts";
import { patiently } from "./patience.ts";
import { put } from "./put.ts";

/** Smaller files are sent at once: they would be a single part. */
const maxAtOnceBytes = 16 * 1024 ** 2;
const maxParallelParts = 3;
const maxUrlsPerRequest = 30;

export interface NewDataset {
  type: Shape<"Dataset">["type"];
  name?: string;
  description?: string | null;
  license?: string | null;
  is_public?: boolean;
  /** The competition that a submission is for. */
  competition?: number;
}

export interface Sending {
  signal: AbortSignal;
  /** Bytes that have left. */
  onProgress: (bytes: number) => void;
  /** The line broke, or is back. */
  onBreak: (isBroken: boolean) => void;
}

/** What an upload is recognized by. */
interface Upload {
  dataset: NewDataset;
  file: File;
  /** What the file is known by when it is chosen again, besides its name and size. Null if such an upload begins anew. */
  identity: string | null;
}

const noteName = ({ dataset, file, identity }: Upload): string | null =>
  identity && [dataset.type, identity, file.size, file.name].join(" ");

/**
 * Uploads a file and returns the key of its dataset. Throws what it is refused with, or the reason of `signal`. What cannot go on
 * later is deleted then.
 */
export async function upload(options: Upload & Sending): Promise<string> {
  const { dataset, file, signal, onProgress, onBreak } = options;
  const note = noteName(options);
  const before = note === null ? undefined : unfinished(note);
  if (before !== undefined && (await goOn(before, options))) return before;
  forget(options);
  const body = { ...dataset, request_sassy_file_name: file.name, file_size: file.size };
  const { key, sassy_url } = await patiently(() => ask(api.POST("/api/datasets/", { body })), signal, onBreak);
  if (note !== null) noteUpload(note, key);
  try {
    if (file.size > maxAtOnceBytes) await sendParts(key, options);
    else await patiently(() => put(sassy_url, file, onProgress, signal), signal, onBreak);
  } catch (error) {
    // What is left if this fails, the platform deletes later.
    if (note === null) await discard(key).catch(() => undefined);
    throw error;
  }
  return key;
}

/** A file that was submitted, or removed, is uploaded anew when it is chosen again. */
export function forget(of: Upload): void {
  const note = noteName(of);
  if (note !== null) forgetUpload(note);
}

/** Goes on with an upload. False if the platform does not know it any more, or it cannot be continued. */
async function goOn(key: string, options: Upload & Sending): Promise<boolean> {
  if (options.file.size <= maxAtOnceBytes) return false;
  try {
    await sendParts(key, options);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500) throw error;
    // Uploaded, but not yet submitted.
    return error.code === "UPLOADED_ALREADY";
  }
}

async function sendParts(key: string, { file, signal, onProgress, onBreak }: Upload & Sending): Promise<void> {
  const params = { path: { key } };
  const begun = await patiently(
    () => ask(api.POST("/api/datasets/{key}/multipart/", { params, body: { file_size: file.size } })),
    signal,
    onBreak,
  );
  const { part_size: size, part_count: count, received } = begun;
  const partOf = (number: number) => file.slice((number - 1) * size, Math.min(number * size, file.size));
  const sent = new Map(received.map((number) => [number, partOf(number).size]));
  const note = (number: number, bytes: number) => {
    sent.set(number, bytes);
    onProgress([...sent.values()].reduce((sum, one) => sum + one, 0));
  };
  onProgress([...sent.values()].reduce((sum, one) => sum + one, 0));
  const sign = async (parts: number[]) =>
    (await ask(api.POST("/api/datasets/{key}/multipart/parts/", { params, body: { parts } }))).urls;
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((number) => !sent.has(number));
  while (missing.length > 0) {
    const parts = missing.splice(0, maxUrlsPerRequest);
    const urls = await patiently(() => sign(parts), signal, onBreak);
    const send = async () => {
      for (let number = parts.shift(); number !== undefined; number = parts.shift()) {
        const part = number;
        let url: string | undefined = urls[part];
        await patiently(
          async () => {
            // After a failure the address may be too old, so a new one is asked for.
            const to = url ?? (await sign([part]))[part]!;
            url = undefined;
            await put(to, partOf(part), (bytes) => note(part, bytes), signal);
          },
          signal,
          onBreak,
        );
        note(part, partOf(part).size);
      }
    };
    await Promise.all(Array.from({ length: maxParallelParts }, send));
  }
  await patiently(() => ask(api.POST("/api/datasets/{key}/multipart/complete/", { params })), signal, onBreak);
}

/** Deletes what was uploaded and is not wanted any more. */
export const discard = (key: string): Promise<unknown> =>
  ask(api.DELETE("/api/datasets/{id}/", { params: { path: { id: key } } }));
