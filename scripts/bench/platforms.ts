import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { join } from "node:path";
import { ApiClient } from "../../client/api-client.ts";
import { smallRequests } from "../../client/canary.ts";
import { WorksheetsClient, type BundleAttributes } from "../../client/worksheets-client.ts";
import { prepareCompetition, type Entry } from "./competition.ts";
import type { Message, Request } from "./platform-process.ts";

const password = "benchmark-password";

export interface Memory {
  rssMegabytes: number;
  /** Counts pages shared with other processes, for example Node's code, by their share. */
  pssMegabytes: number;
}

/** A platform with one worker and a competition for results and code. */
export class BenchPlatform {
  readonly #process: ChildProcess;
  readonly #client: ApiClient;
  readonly #worksheets: WorksheetsClient;
  readonly #image: string;
  readonly #entries: { result: Entry; code: Entry };
  readonly #worker: number;

  private constructor(
    child: ChildProcess,
    { client, worksheets }: { client: ApiClient; worksheets: WorksheetsClient },
    image: string,
    entries: { result: Entry; code: Entry },
    worker: number,
  ) {
    this.#process = child;
    this.#client = client;
    this.#worksheets = worksheets;
    this.#image = image;
    this.#entries = entries;
    this.#worker = worker;
  }

  /** `folder` must exist. The platform stores all its data there. */
  static async start(options: { slots: number; image: string; folder: string }): Promise<BenchPlatform> {
    const script = join(import.meta.dirname, "platform-process.ts");
    const child = fork(script, [join(options.folder, "home"), password, String(options.slots)]);
    const { url, worker } = await next(child, "ready");
    const client = await new ApiClient(url).login("admin", password);
    const worksheets = WorksheetsClient.withPassword(url, "admin", password, null);
    const entries = await prepareCompetition(client, options);
    return new BenchPlatform(child, { client, worksheets }, options.image, entries, worker);
  }

  /**
   * Makes `count` submissions at once and returns the seconds until all are Finished. Throws when one fails or has a
   * wrong score.
   */
  async run(kind: "result" | "code", count = 1): Promise<number> {
    const { phase, task, data } = this.#entries[kind];
    const startedAt = performance.now();
    const submissions = await Promise.all(
      Array.from({ length: count }, () => this.#client.submit(phase, data, [task])),
    );
    const ids = submissions.map(({ id }) => id);
    this.#ask({ type: "when-ended", submissions: ids });
    await next(this.#process, "ended");
    const seconds = (performance.now() - startedAt) / 1000;
    for (const id of ids) {
      const { status, status_details, scores } = await this.#client.submission(id);
      if (status !== "Finished" || Number(scores[0]?.score) !== 1)
        throw new Error(`submission ${id} is ${status} with ${JSON.stringify(scores)}: ${status_details}`);
    }
    return seconds;
  }

  /** Makes a run of `echo` on a worksheet and returns the seconds until it is ready. Throws when it fails. */
  async echo(): Promise<number> {
    const startedAt = performance.now();
    const { id } = await this.#worksheets.makeBundle("detached=1", {
      bundle_type: "run",
      command: "echo 42",
      metadata: { name: "echo", description: "", tags: [], ...smallRequests, request_docker_image: this.#image },
      dependencies: [],
    });
    for (;;) {
      const [bundle] = (await this.#worksheets.ask<BundleAttributes>("GET", `bundles/${id}`)).data;
      const { state, metadata } = bundle!.attributes;
      if (state === "ready") return (performance.now() - startedAt) / 1000;
      if (state === "failed") throw new Error(`run ${id} failed: ${String(metadata["failure_message"])}`);
      await wait(10);
    }
  }

  async workerMemory(): Promise<Memory> {
    const rollup = await readFile(`/proc/${this.#worker}/smaps_rollup`, "utf8");
    const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)![1]) / 1024;
    return { rssMegabytes: megabytes("Rss"), pssMegabytes: megabytes("Pss") };
  }

  async close(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#ask({ type: "close" });
    await exited;
  }

  #ask(request: Request): void {
    this.#process.send(request);
  }
}

/** Waits for the next message of a type. Throws when the process ends. */
function next<Type extends Message["type"]>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<Message, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Message) => {
      if (message.type !== type) return;
      stop();
      resolve(message as Extract<Message, { type: Type }>);
    };
    const onExit = (code: number | null) => {
      stop();
      reject(new Error(`the platform under test ended with exit code ${code}`));
    };
    const stop = () => void child.off("message", onMessage).off("exit", onExit);
    child.on("message", onMessage).once("exit", onExit);
  });
}
