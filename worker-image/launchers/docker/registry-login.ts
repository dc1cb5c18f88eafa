/** The logins that `docker login` stored for the user of this process. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { dockerHub } from "../../../lambdas/jobs/rules/image-reference.ts";

/** A login in the form in which engines take it. */
export type RegistryLogin = { username: string; password: string } | { identitytoken: string };

const configSchema = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .default({}),
  credHelpers: z.record(z.string(), z.string().regex(/^[\w-]+$/)).default({}),
  credsStore: z
    .string()
    .regex(/^[\w-]*$/)
    .default(""),
});
const helperAnswerSchema = z.object({ Username: z.string(), Secret: z.string() });

const maxHelperMs = 20_000;
/** Docker's name for Docker Hub. */
const hubServer = "https://index.docker.io/v1/";

/**
 * Finds the login for a registry, from the files and credential helpers that `docker login` uses. Null without one.
 * Throws when the file is broken or a helper fails.
 */
export async function loginFor(registry: string): Promise<RegistryLogin | null> {
  const folder = process.env.DOCKER_CONFIG || join(homedir(), ".docker");
  const text = await readFile(join(folder, "config.json"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const config = configSchema.parse(JSON.parse(text));
  const server = registry === dockerHub ? hubServer : registry;
  const helper = config.credHelpers[server] ?? config.credsStore;
  if (helper !== "") return askHelper(helper, server);
  const [, stored] = Object.entries(config.auths).find(([name]) => hostOf(name) === hostOf(server)) ?? [];
  if (stored?.identitytoken) return { identitytoken: stored.identitytoken };
  const [, username, password] = /^([^:]+):([^]*)$/.exec(Buffer.from(stored?.auth ?? "", "base64").toString()) ?? [];
  return username && password ? { username, password } : null;
}

/** Older files name registries by URLs. */
const hostOf = (server: string) => server.replace(/^https?:\/\//, "").split("/")[0];

/** Runs a credential helper (https://github.com/docker/docker-credential-helpers). */
function askHelper(helper: string, server: string): Promise<RegistryLogin | null> {
  return new Promise((resolve, reject) => {
    const command = `docker-credential-${helper}`;
    const child = execFile(command, ["get"], { timeout: maxHelperMs }, (error, stdout) => {
      // The helper has no login for this registry.
      if (/credentials not found/i.test(stdout)) return resolve(null);
      // The error of execFile may quote what the helper printed.
      if (error) return reject(new Error(`${command} failed`));
      const answer = helperAnswerSchema.safeParse(JSON.parse(stdout));
      if (!answer.success) return reject(new Error(`${command} gave no login`));
      const { Username: username, Secret: secret } = answer.data;
      resolve(username === "<token>" ? { identitytoken: secret } : { username, password: secret });
    });
    child.stdin?.on("error", () => undefined).end(server);
  });
}
