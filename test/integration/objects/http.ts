import type { UploadPolicy } from "../../../contract/job.ts";

/** What a client without credentials gets for a signed URL. */
export interface Received {
  status: number;
  headers: Headers;
  body: Buffer;
  /** S3's error code, of an answer that is an error with a body. */
  code: string | undefined;
}

export async function send(url: string, init?: RequestInit): Promise<Received> {
  const response = await fetch(url, init);
  const body = Buffer.from(await response.arrayBuffer());
  const code = /<Code>([^<]+)<\/Code>/.exec(body.toString("utf8"))?.[1];
  return { status: response.status, headers: response.headers, body, code };
}

/** Uploads as a worker does with its upload policy; `change` replaces or adds fields of the form. */
export function post(
  policy: UploadPolicy,
  key: string,
  bytes: Buffer,
  change: Record<string, string> = {},
): Promise<Received> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...policy.fields, key, ...change })) form.append(name, value);
  form.append("file", new Blob([new Uint8Array(bytes)]), "file");
  return send(policy.url, { method: "POST", body: form });
}
