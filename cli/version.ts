import { readFileSync } from "node:fs";
import { arch, platform } from "node:process";

/** The version in package.json. */
export const version = (): string =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

/** How the command line calls itself to a platform. */
export const userAgent = (): string => `benchstack/${version()} (${platform} ${arch})`;
