import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { scoring } from "./competition.ts";

/** Runs the scoring program with plain `docker run --rm`, with the same image, mounts and command as a worker. */
export class BareContainers {
  readonly #image: string;
  readonly #folder: string;

  private constructor(image: string, folder: string) {
    this.#image = image;
    this.#folder = folder;
  }

  static async prepare(image: string, folder: string): Promise<BareContainers> {
    for (const name of scoring.mounts) await mkdir(join(folder, name), { recursive: true });
    for (const [path, content] of Object.entries(scoring.files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return new BareContainers(image, folder);
  }

  async run(network: "default" | "none"): Promise<void> {
    const options = [
      ...scoring.mounts.flatMap((name) => ["--volume", `${join(this.#folder, name)}:/app/${name}`]),
      ...(network === "none" ? ["--network", "none"] : []),
    ];
    const command = ["run", "--rm", "--workdir", "/app/program", ...options, this.#image, ...scoring.command];
    const [code] = (await once(spawn("docker", command, { stdio: ["ignore", "ignore", "inherit"] }), "exit")) as [
      number,
    ];
    if (code !== 0) throw new Error(`docker run exited with code ${code}`);
  }

  /** Runs the program `count` times, `parallel` at the same time. */
  async loop(count: number, parallel: number): Promise<void> {
    let left = count;
    const runNext = async () => {
      while (left-- > 0) await this.run("default");
    };
    await Promise.all(Array.from({ length: parallel }, runNext));
  }
}
