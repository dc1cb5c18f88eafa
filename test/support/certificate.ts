import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./files.ts";

/** Makes a certificate for a host name, signed by itself. */
export async function selfSigned(name: string): Promise<{ key: string; cert: string }> {
  const folder = await temporaryFolder();
  const file = (part: string) => join(folder.path, part);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-addext", `subjectAltName=DNS:${name}`, "-subj", `/CN=${name}`];
  const files = ["-keyout", file("key"), "-out", file("certificate")];
  await promisify(execFile)("openssl", ["req", "-x509", ...newKey, ...names, ...files]);
  const [key, cert] = await Promise.all([readFile(file("key"), "utf8"), readFile(file("certificate"), "utf8")]);
  await folder.remove();
  return { key, cert };
}
