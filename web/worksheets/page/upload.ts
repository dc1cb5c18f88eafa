/** Sends files and folders as bundles. */
import { csrfHeaders, Unreachable } from "../../api/client.ts";
import { restAddress, restError } from "../api.ts";
import { makeBundle } from "./changes.ts";
import type { Dropped } from "./dropped.ts";
import { packed } from "./tar.ts";

/** Archives that are unpacked when they arrive. */
const archive = /\.(?:tar\.gz|tgz|tar\.bz2|zip|gz|bz2)$/i;

/** The name of a bundle. It begins with a letter or underscore, and has no other signs than these. */
export function bundleName(fileName: string): string {
  const name = fileName
    .replace(archive, "")
    .replace(/[^\w.-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return /^[a-z_]/i.test(name) ? name : `_${name}`;
}

/** Uploads what was dropped as a bundle at the end of a worksheet. `onBytes` hears how much of how much has been sent. */
export async function upload(
  worksheet: string,
  { name, content }: Dropped,
  onBytes: (sent: number, all: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const isFile = content instanceof File;
  const body = isFile ? content : await packed(content);
  signal.throwIfAborted();
  const uuid = await makeBundle(worksheet, {
    bundle_type: "dataset",
    metadata: { name: bundleName(name), description: "", tags: [], license: "", source_url: "" },
  });
  const query = {
    filename: isFile ? name : `${name}.tar.gz`,
    unpack: isFile && !archive.test(name) ? 0 : 1,
    state_on_success: "ready",
    finalize_on_success: 1,
    finalize_on_failure: 1,
  };
  await put(restAddress(`/bundles/${uuid}/contents/blob/`, query), body, (sent) => onBytes(sent, body.size), signal);
}

/** `fetch` would not say how much has left. */
function put(address: string, body: Blob, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", address);
    for (const [name, value] of Object.entries(csrfHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onBytes(loaded);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(restError(request.status, request.responseText, (name) => request.getResponseHeader(name)));
    };
    request.onerror = () => reject(new Unreachable());
    request.onabort = () => reject(signal.reason as Error);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.send(body);
  });
}
