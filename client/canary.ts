/** Does what people do with worksheets, and says how long each step takes. */
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { BundleAttributes, WorksheetsClient } from "./worksheets-client.ts";

/** The steps, in their order. */
export const canarySteps = ["upload", "cat", "run", "wait", "remove"] as const;
export type CanaryStep = (typeof canarySteps)[number];

export interface CanaryReport {
  ok: boolean;
  started: string;
  /** The steps that were tried. After one that fails, only `remove` is. */
  steps: { step: CanaryStep; ok: boolean; seconds: number; problem: string | null }[];
}

export interface CanaryOptions {
  /** The image of the run; the platform's own one if there is none. */
  image: string | undefined;
  /** How long the run may take, with its wait for a worker. */
  seconds: number;
  signal: AbortSignal | null;
}

const pollMs = 500;
const finalStates = ["ready", "failed", "killed"];

/** Uploads a file, reads it, runs a command that reads it, waits for that, and removes both. */
export async function runCanary(client: WorksheetsClient, options: CanaryOptions): Promise<CanaryReport> {
  const steps: CanaryReport["steps"] = [];
  const started = new Date().toISOString();
  const made: string[] = [];
  const step = async <Result>(name: CanaryStep, work: () => Promise<Result>): Promise<Result> => {
    const begun = performance.now();
    const ended = (problem: string | null) =>
      steps.push({ step: name, ok: problem === null, seconds: (performance.now() - begun) / 1000, problem });
    try {
      const result = await work();
      ended(null);
      return result;
    } catch (error) {
      ended(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  const content = `canary ${randomBytes(16).toString("hex")}\n`;
  const name = "canary";
  const common = { name, description: "", tags: [name] };
  try {
    const data = await step("upload", async () => {
      const metadata = { ...common, license: "", source_url: "" };
      const { id } = await client.makeBundle("detached=1&wait_for_upload=1", { bundle_type: "dataset", metadata });
      made.push(id);
      await client.upload(id, name, content, false);
      return id;
    });
    await step("cat", async () => same(await text(await client.open(data)), content));
    const run = await step("run", async () => {
      const { id } = await client.makeBundle("detached=1", {
        bundle_type: "run",
        command: "cat data",
        metadata: { ...common, ...smallRequests, request_docker_image: options.image ?? "" },
        dependencies: [{ child_path: "data", parent_uuid: data, parent_path: "" }],
      });
      made.unshift(id);
      return id;
    });
    await step("wait", async () => {
      await finished(client, run, options);
      same(await text(await client.open(run, "stdout")), content);
    });
  } catch {
    // The step says why.
  }
  if (made.length > 0) await step("remove", () => remove(client, made)).catch(() => undefined);
  return { ok: steps.every(({ ok }) => ok), started, steps };
}

/** What a small run asks for. Platforms want all of it. */
export const smallRequests = {
  request_time: "5m",
  request_memory: "512m",
  request_disk: "",
  request_cpus: 1,
  request_gpus: 0,
  request_queue: "",
  request_priority: 0,
  request_network: false,
  exclude_patterns: [],
};

function same(read: string, written: string): void {
  if (read === written) return;
  throw new Error(`What was read is not what was written: ${read.length} characters instead of ${written.length}.`);
}

async function finished(client: WorksheetsClient, uuid: string, { seconds, signal }: CanaryOptions): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const [bundle] = (await client.ask<BundleAttributes & { state_details: string }>("GET", `bundles/${uuid}`)).data;
    const { state, metadata, state_details: details } = bundle!.attributes;
    if (state === "ready") return;
    if (finalStates.includes(state))
      throw new Error(`The run is ${state}: ${String(metadata["failure_message"] ?? "no reason is given")}`);
    if (performance.now() > end) throw new Error(`After ${seconds} s the run is still ${state}. ${details}`.trim());
    await pause(pollMs, undefined, signal ? { signal } : {});
  }
}

/** Kills what still runs, and deletes all. */
async function remove(client: WorksheetsClient, uuids: string[]): Promise<void> {
  for (const uuid of uuids) {
    const [bundle] = (await client.ask<BundleAttributes>("GET", `bundles/${uuid}`)).data;
    if (bundle!.attributes.bundle_type === "run" && !finalStates.includes(bundle!.attributes.state)) {
      await client.ask("POST", "bundle-actions", {
        data: [{ type: "bundle-actions", attributes: { type: "kill", uuid } }],
      });
      await killed(client, uuid);
    }
    await client.ask("DELETE", "bundles?force=1", { data: [{ type: "bundles", id: uuid }] });
  }
}

/** How long a killed run may take to end. */
const killSeconds = 60;

async function killed(client: WorksheetsClient, uuid: string): Promise<void> {
  const end = performance.now() + killSeconds * 1000;
  for (;;) {
    const [bundle] = (await client.ask<BundleAttributes>("GET", `bundles/${uuid}`)).data;
    if (finalStates.includes(bundle!.attributes.state)) return;
    if (performance.now() > end) throw new Error(`The run did not end within ${killSeconds} s after it was killed.`);
    await pause(pollMs);
  }
}
