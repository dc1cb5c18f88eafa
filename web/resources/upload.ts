import { api, ask } from "../api/client.ts";
import { discard, upload, type NewDataset, type Sending } from "../upload/upload.ts";

/** Creates a dataset, sends its file and completes it. A dataset whose file did not arrive is deleted. Returns its key. */
export async function uploadDataset(file: File, dataset: NewDataset, sending: Sending): Promise<string> {
  const key = await upload({ dataset, file, identity: null, ...sending });
  try {
    await ask(api.PUT("/api/datasets/completed/{key}/", { params: { path: { key } } }));
  } catch (error) {
    await discard(key).catch(() => undefined);
    throw error;
  }
  return key;
}
