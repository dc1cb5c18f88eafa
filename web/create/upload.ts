import { api, ask } from "../api/client.ts";
import { forget, upload, type Sending } from "../upload/upload.ts";

/** Uploads a bundle and has it unpacked. `checksum` tells whether a file is the one of an unfinished upload. Returns the id of its creation. */
export async function uploadBundle(file: File, checksum: string | null, sending: Sending): Promise<number> {
  const bundle = { dataset: { type: "competition_bundle" }, file, identity: checksum } as const;
  const key = await upload({ ...bundle, ...sending });
  const completed = await ask(
    api.PUT("/api/datasets/completed/{key}/", { params: { path: { key } }, signal: sending.signal }),
  );
  forget(bundle);
  if (!("status_id" in completed)) throw new Error("The platform did not take this for a bundle.");
  return completed.status_id;
}
