import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../files.ts";
import { waitFor } from "../wait.ts";

const execute = promisify(execFile);

/** A real image registry (Debian's docker-registry) on this machine's loopback, which engines trust without TLS. */
export class TestRegistry {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #remove: () => Promise<void>;
  readonly #pushed: string[] = [];

  private constructor(process: ChildProcess, name: string, remove: () => Promise<void>) {
    this.#process = process;
    this.#name = name;
    this.#remove = remove;
  }

  /** Throws a sentence that says what is missing when there is no registry to run. */
  static async start(): Promise<TestRegistry> {
    const folder = await temporaryFolder();
    const port = await freePort();
    const config = join(folder.path, "config.json");
    const settings = {
      version: "0.1",
      log: { level: "error" },
      storage: { filesystem: { rootdirectory: join(folder.path, "images") } },
      http: { addr: `127.0.0.1:${port}` },
    };
    await writeFile(config, JSON.stringify(settings));
    const process = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
    let missing: Error | null = null;
    process.once("error", (error) => (missing = error));
    const name = `127.0.0.1:${port}`;
    await waitFor("the registry to answer", async () => {
      if (missing) throw new Error("This needs a registry of images. Run: apt-get install docker-registry", { cause: missing });
      return (await fetch(`http://${name}/v2/`).catch(() => null))?.ok ?? false;
    });
    return new TestRegistry(process, name, folder.remove);
  }

  /** Puts an image of the engine into the registry, and gives the name it has there. */
  async push(image: string, as: string): Promise<string> {
    const name = `${this.#name}/${as}`;
    await execute("docker", ["tag", image, name]);
    this.#pushed.push(name);
    await execute("docker", ["push", "--quiet", name]);
    return name;
  }

  /** Makes an image from a Dockerfile's text and files, and pushes it. */
  async build(dockerfile: string, as: string, files: Record<string, Buffer> = {}): Promise<string> {
    const context = await temporaryFolder();
    try {
      await writeFile(join(context.path, "Dockerfile"), dockerfile);
      for (const [name, content] of Object.entries(files)) await writeFile(join(context.path, name), content, { mode: 0o755 });
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
