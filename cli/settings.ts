import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Path of a file for a person's own use, in a folder that is there: where the XDG Base Directory Specification wants it. */
export async function settingsFile(name: string): Promise<string> {
  const folder = join(process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "benchstack");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return join(folder, name);
}
