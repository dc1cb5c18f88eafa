import { homedir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../worker-image/make-folder.ts";

/** Path of a settings file of the current user, as the XDG Base Directory Specification says. Creates its folder. */
export async function settingsFile(name: string): Promise<string> {
  const folder = join(process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "benchstack");
  await makeFolder(folder, 0o700);
  return join(folder, name);
}
