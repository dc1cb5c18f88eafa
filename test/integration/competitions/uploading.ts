import assert from "node:assert/strict";
import type { Person } from "../../support/platform.ts";

interface Created {
  key: string;
  sassy_url: string;
}
/** Asks to upload a file with a number of bytes; undefined does not announce a size. */
export const announce = (person: Person, size: number | undefined, type = "input_data") =>
  person.send<Created>("POST", "/api/datasets/", {
    json: { type, request_sassy_file_name: "file.zip", file_size: size },
  });
/** Asks to upload a file, which must be allowed. */
export async function announced(person: Person, size: number | undefined, type?: string): Promise<Created> {
  const { status, body, text } = await announce(person, size, type);
  assert.equal(status, 201, text);
  return body;
}
/** Sends a file: as many bytes, or these. */
export const put = async (url: string, file: number | Buffer) => {
  const body = typeof file === "number" ? new Uint8Array(file) : new Uint8Array(file);
  assert.equal((await fetch(url, { method: "PUT", body })).status, 200);
};
export const complete = (person: Person, key: string) => person.send("PUT", `/api/datasets/completed/${key}/`);
/** Uploads a file, as many bytes or these, and returns the key of its dataset. */
export async function uploaded(person: Person, file: number | Buffer, type?: string): Promise<string> {
  const { key, sassy_url } = await announced(person, typeof file === "number" ? file : file.length, type);
  await put(sassy_url, file);
  assert.equal((await complete(person, key)).status, 200);
  return key;
}
