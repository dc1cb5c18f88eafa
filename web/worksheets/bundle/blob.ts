/** Reads the contents of bundles, which are of any type and size. */
import { restAddress, restError } from "../api.ts";
import { Unreachable } from "../../api/client.ts";

const encoded = (path: string) => path.split("/").map(encodeURIComponent).join("/");

/** Where a file, or a folder as `NAME.tar.gz`, is downloaded. The path is empty for all of the contents. */
export const blobAddress = (uuid: string, path = ""): string =>
  restAddress(`/bundles/${uuid}/contents/blob/${encoded(path)}`);

/** The route that says what a path is. */
export const infoPath = (uuid: string, path: string): string =>
  `/bundles/${uuid}/contents/info/${path === "" ? "" : `${encoded(path)}/`}`;

interface Part {
  /** Bytes from the first to before the second; to the end without it. */
  range?: readonly [number, number?];
  query?: Record<string, number>;
  signal?: AbortSignal;
}

/** The bytes of a part of a file. */
export async function readBlob(uuid: string, path: string, { range, query, signal }: Part): Promise<Uint8Array> {
  const address = restAddress(`/bundles/${uuid}/contents/blob/${encoded(path)}`, query);
  const [from, to] = range ?? [];
  const headers: Record<string, string> =
    from === undefined ? {} : { range: `bytes=${from}-${to === undefined ? "" : to - 1}` };
  let answer: Response;
  try {
    answer = await fetch(address, { headers, ...(signal && { signal }) });
  } catch (error) {
    // What `fetch` throws when there is no answer.
    if (error instanceof TypeError) throw new Unreachable();
    throw error;
  }
  if (!answer.ok) throw restError(answer.status, await answer.text(), (name) => answer.headers.get(name));
  return new Uint8Array(await answer.arrayBuffer());
}
