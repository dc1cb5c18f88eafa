import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../files.ts";
import { freePort } from "../free-port.ts";
import { waitFor } from "../wait.ts";

const execute = promisify(execFile);

/** A real image registry (Debian's docker-registry) on the loopback interface, which engines trust without TLS. */
export class TestRegistry {
  /** Host and port. */
  readonly host: string;
  /** The folder of its data. */
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #remove: () => Promise<void>;
  readonly #pushed: string[] = [];

  private constructor(process: ChildProcess, host: string, folder: string, remove: () => Promise<void>) {
    this.#process = process;
    this.host = host;
    this.folder = folder;
    this.#remove = remove;
  }

  /**
   * `auth` is the `auth` section of its configuration. `images` is the folder of another registry whose images it also serves,
   * and `copyOf` one whose images it begins with.
   * Throws a sentence that says what is missing if no registry is installed.
   */
  static async start({
    auth,
    images,
    copyOf,
  }: { auth?: object; images?: string; copyOf?: string } = {}): Promise<TestRegistry> {
    const folder = await temporaryFolder();
    const port = await freePort();
    const config = join(folder.path, "config.json");
    const rootdirectory = images ?? join(folder.path, "images");
    if (copyOf !== undefined) await execute("cp", ["-r", copyOf, rootdirectory]);
    const settings = {
      version: "0.1",
      log: { level: "error" },
      storage: { filesystem: { rootdirectory }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}` },
      ...(auth ? { auth } : {}),
    };
    await writeFile(config, JSON.stringify(settings));
    const process = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
    let missing: Error | null = null;
    process.once("error", (error) => (missing = error));
    const host = `127.0.0.1:${port}`;
    await waitFor("the registry to answer", async () => {
      if (missing)
        throw new Error("This needs a registry of images. Run: apt-get install docker-registry", { cause: missing });
      const answer = await fetch(`http://${host}/v2/`).catch(() => null);
      return answer?.status === (auth ? 401 : 200);
    });
    return new TestRegistry(process, host, rootdirectory, folder.remove);
  }

  /** Pushes an image of the engine to the registry and returns its name there. */
  async push(image: string, as: string): Promise<string> {
    const name = `${this.host}/${as}`;
    await execute("docker", ["tag", image, name]);
    this.#pushed.push(name);
    await execute("docker", ["push", "--quiet", name]);
    return name;
  }

  /** Builds an image from the text of a Dockerfile and files, and pushes it. */
  async build(dockerfile: string, as: string, files: Record<string, Buffer> = {}): Promise<string> {
    const context = await temporaryFolder();
    try {
      await writeFile(join(context.path, "Dockerfile"), dockerfile);
      for (const [name, content] of Object.entries(files))
        await writeFile(join(context.path, name), content, { mode: 0o755 });
      const tag = `benchstack-test-built:${as.replaceAll(/\W/g, "-")}`;
      await execute("docker", ["build", "--quiet", "--tag", tag, context.path]);
      return await this.push(tag, as);
    } finally {
      await context.remove();
    }
  }

  async close(): Promise<void> {
    for (const name of this.#pushed) await execute("docker", ["rmi", "--no-prune", name]).catch(() => {});
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
    await this.#remove();
  }
}
