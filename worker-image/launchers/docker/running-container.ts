import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import type { DiskUse } from "../../disk-use.ts";
import { StepFailure } from "../../failure.ts";
import { retry } from "../../retry.ts";
import type { ContainerEnd, LaunchRequest, RunningContainer } from "../launcher.ts";
import { UsageSampler } from "../usage-sampler.ts";
import type { UsageSample } from "../usage-sampler.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { EngineSilent, isUnanswered, maxSilenceMs, untilStopped, whileAnswering } from "./engine.ts";
import { engineFailure, engineMessage, engineStatus, startFailure } from "./errors.ts";
import { WritableLayer } from "./writable-layer.ts";

type State = Docker.ContainerInspectInfo["State"];

/** Remaining output normally arrives within milliseconds after the end; an engine with a fault may never send it. */
const maxDrainMs = 10_000;
/** An engine may record that it kills a program a little after the program has ended. */
const maxEventDelayMs = 200;

const gap =
  "[The container engine lost its connection to this program. What the program printed meanwhile is missing.]";

/** A program in a container of an engine, which may restart meanwhile. */
export class DockerContainer implements RunningContainer {
  readonly ended: Promise<ContainerEnd>;
  readonly #engine: Docker;
  readonly #container: Docker.Container;
  readonly #request: LaunchRequest;
  readonly #usage: UsageSampler;
  readonly #layer: WritableLayer;
  #output: Duplex;
  /** Resolves when the output was written. */
  #drained: Promise<void>;
  #killed = false;
  /** Aborted when its end is known. */
  readonly #over = new AbortController();

  private constructor(
    engine: Docker,
    container: Docker.Container,
    request: LaunchRequest,
    { output, disk }: { output: Duplex; disk: string },
  ) {
    this.#engine = engine;
    this.#container = container;
    this.#request = request;
    this.#output = output;
    this.#drained = this.#drain(output);
    this.#layer = new WritableLayer(container, disk);
    this.#usage = new UsageSampler(() => usageOf(container));
    this.ended = this.#end().finally(() => {
      this.#over.abort();
      this.#usage.stop();
      this.#output.destroy();
    });
    // Avoids an unhandled rejection while the caller is not waiting yet.
    this.ended.catch(() => {});
  }

  /** Starts a container that was created for a request. `disk` is a path on the file system of the engine. Throws `StepFailure`. */
  static async start(
    engine: Docker,
    container: Docker.Container,
    request: LaunchRequest,
    disk: string,
  ): Promise<DockerContainer> {
    // Attaches before the start, because output from before the attachment is not sent.
    const output = await attach(container).catch((error: unknown) => {
      throw engineFailure("attaching to the program", error);
    });
    await container.start().catch((error: unknown) => {
      output.destroy();
      throw startFailure(request.image, request.argv, error);
    });
    return new DockerContainer(engine, container, request, { output, disk });
  }

  async kill(): Promise<void> {
    this.#killed = true;
    try {
      await retry(() => this.#container.kill({ signal: "SIGKILL" }), {
        forMs: maxSilenceMs,
        again: (error) => isUnanswered(error) || (engineStatus(error) ?? 0) >= 500,
        signal: this.#over.signal,
      });
    } catch (error) {
      // 409: not running. 404: removed.
      if (this.#over.signal.aborted || engineStatus(error) === 409 || engineStatus(error) === 404) return;
      this.#request.log.warn("container.unkilled", { container: this.#container.id, error: engineMessage(error) });
    }
  }

  /** The container that runs, and its image. */
  get running(): { program: Docker.Container; image: string } {
    return { program: this.#container, image: this.#request.image };
  }

  useOutsideFolders(): Promise<DiskUse> {
    return this.#layer.use();
  }

  async #end(): Promise<ContainerEnd> {
    try {
      const state = await this.#untilStopped();
      if (!this.#killed && (await this.#wasStopped(state))) throw stoppedByEngine();
      await Promise.race([this.#drained, pause(maxDrainMs, undefined, { ref: false })]);
      return {
        exitCode: state.ExitCode,
        outOfMemory: state.OOMKilled,
        elapsedSeconds: Math.max(0, (Date.parse(state.FinishedAt) - Date.parse(state.StartedAt)) / 1000),
        ...this.#usage.used(),
      };
    } catch (error) {
      throw error instanceof StepFailure ? error : engineFailure("running the program", error);
    }
  }

  /**
   * Waits for the end, through restarts of the engine. An engine that was away may have killed the program, and its
   * exit code does not say so. Therefore only an end that was observed counts.
   */
  async #untilStopped(): Promise<State> {
    const { id } = this.#container;
    for (;;) {
      let broken = false as boolean;
      const noteBreak = (error: unknown) => {
        broken ||= isUnanswered(error) && !(error instanceof EngineSilent);
        return isUnanswered(error);
      };
      try {
        await whileAnswering(this.#engine, (signal) => untilStopped(this.#engine, id, signal));
      } catch (error) {
        if (error instanceof EngineSilent || !noteBreak(error)) throw error;
      }
      const { State: state } = await retry(() => this.#container.inspect(), { forMs: maxSilenceMs, again: noteBreak });
      if (!state.Running && broken) throw stoppedByEngine();
      if (!state.Running) return state;
      if (broken) await this.#reattach();
    }
  }

  /** Whether somebody told the engine to stop the program, which includes the end of the engine itself. */
  async #wasStopped({ StartedAt, FinishedAt, ExitCode }: State): Promise<boolean> {
    try {
      const query = {
        since: Date.parse(StartedAt) / 1000,
        until: (Date.parse(FinishedAt) + (ExitCode === 0 ? 1 : maxEventDelayMs)) / 1000,
        filters: { container: [this.#container.id], event: ["kill"] },
      };
      const events = await whileAnswering(this.#engine, async () => text(await this.#engine.getEvents(query)));
      return events !== "";
    } catch (error) {
      // Some engines have no such events.
      if (engineStatus(error) !== undefined) return false;
      throw error;
    }
  }

  #drain(output: Duplex): Promise<void> {
    const drained = pipeline(output, new Demultiplexer(this.#request.stdout, this.#request.stderr));
    // Awaited after the end of the container.
    drained.catch(() => {});
    return drained;
  }

  /** Continues with the output of a program that goes on after its engine has restarted. */
  async #reattach(): Promise<void> {
    const { stdout, stderr, log } = this.#request;
    this.#output.destroy();
    await this.#drained.catch(() => {});
    for (const sink of [stdout, stderr]) await sink.write(Buffer.from(`\n${gap}\n`));
    try {
      this.#output = await attach(this.#container);
      this.#drained = this.#drain(this.#output);
      log.warn("output.interrupted", { container: this.#container.id });
    } catch (error) {
      // The container has ended, or the engine is away again, which the next wait notices.
      log.warn("output.interrupted", { container: this.#container.id, error: engineMessage(error) });
    }
  }
}

const stoppedByEngine = () =>
  new StepFailure(
    "WORKER_ERROR",
    "The container engine of this worker was stopped or restarted while the program ran, or it was told to stop the program.",
  );

/** Hijacked, so that the result is the socket itself. */
const attach = async (container: Docker.Container): Promise<Duplex> =>
  (await container.attach({ stream: true, stdout: true, stderr: true, hijack: true })) as Duplex;

/** The engine's statistics, as far as they are used. cgroup v1 and v2 name the file cache differently. */
interface Statistics {
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: { usage?: number; stats?: { total_inactive_file?: number; inactive_file?: number } };
}

async function usageOf(container: Docker.Container): Promise<UsageSample> {
  // The library's type lacks `one-shot`. Without it, the engine takes a second for a second sample.
  const query = { stream: false, "one-shot": true } as { stream: false };
  const { cpu_stats, memory_stats } = (await container.stats(query)) as Statistics;
  const { usage = 0, stats } = memory_stats ?? {};
  return {
    cpuSeconds: (cpu_stats?.cpu_usage?.total_usage ?? 0) / 1e9,
    memoryBytes: usage - (stats?.total_inactive_file ?? stats?.inactive_file ?? 0),
  };
}
