import { setTimeout as pause } from "node:timers/promises";
import type { ContainerDefinition, RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from "@aws-sdk/client-ecs";
import type Docker from "dockerode";

export interface TaskHost {
  engine: Docker;
  /** The engine's network that represents the request's subnets. */
  network: string;
  /** The image of the container that holds a task's network. */
  pauseImage: string;
  label: string;
  /** The URL of a task's metadata for its containers. */
  metadataUrl: (task: string, container: string) => string;
  /** The status at which the task stays until it is stopped, because no host is found or nothing starts on it. */
  heldAt?: "PROVISIONING" | "PENDING";
  /** Why its machine cannot start the container of its program. */
  startFault?: string;
  /** Called with the name of an image that was pulled for the task. */
  pulled: (image: string) => void;
}

/** Limits fork bombs. On Fargate only the task's virtual machine suffers; here the engine must protect this machine. */
const processesOfMachine = 2_000;
const mebibyte = 1024 ** 2;

interface Member {
  definition: ContainerDefinition;
  container: Docker.Container | null;
  status: "PENDING" | "CREATED" | "RUNNING" | "STOPPED";
  exitCode: number | null;
  reason: string | null;
}

/**
 * Runs a task like ECS, on a real engine: containers start in the order of `dependsOn`, share the task's volumes and network, and
 * all end when the essential container ends.
 */
export class RunningTask {
  readonly id: string;
  readonly definition: RegisterTaskDefinitionCommandInput;
  readonly request: RunTaskCommandInput;
  readonly members: Map<string, Member>;
  /** Settles when the task's containers, volumes and network are removed. */
  readonly ended: Promise<void>;
  stopCode: string | null = null;
  stoppedReason = "";
  status: "PROVISIONING" | "PENDING" | "RUNNING" | "STOPPED" = "PENDING";
  readonly #host: TaskHost;
  readonly #stopping = Promise.withResolvers<void>();
  #pause: Docker.Container | null = null;

  constructor(
    id: string,
    definition: RegisterTaskDefinitionCommandInput,
    request: RunTaskCommandInput,
    host: TaskHost,
  ) {
    this.id = id;
    this.definition = definition;
    this.request = request;
    this.#host = host;
    this.members = new Map(
      (definition.containerDefinitions ?? []).map((container) => [
        container.name ?? "",
        { definition: container, container: null, status: "PENDING", exitCode: null, reason: null },
      ]),
    );
    this.ended = host.heldAt === undefined ? this.#run() : this.#hold(host.heldAt);
  }

  /** Begins to stop the task: SIGTERM to all containers, then SIGKILL after the stop timeout of each. */
  stop(code: string, reason: string): void {
    if (this.stopCode !== null) return;
    this.stopCode = code;
    this.stoppedReason = reason;
    this.#stopping.resolve();
  }

  async #hold(at: NonNullable<TaskHost["heldAt"]>): Promise<void> {
    this.status = at;
    await this.#stopping.promise;
    this.status = "STOPPED";
  }

  async #run(): Promise<void> {
    try {
      for (const { name = "" } of this.definition.volumes ?? []) {
        await this.#host.engine.createVolume({ Name: this.#volume(name), Labels: { [this.#host.label]: this.id } });
      }
      await this.#create();
      await Promise.all([...this.members.values()].map((member) => this.#life(member)));
    } catch (error) {
      this.stop("TaskFailedToStart", (error as Error).message);
    } finally {
      await this.#remove();
      this.status = "STOPPED";
    }
  }

  async #create(): Promise<void> {
    const { engine, network, pauseImage, label } = this.#host;
    // ECS pulls all images before anything starts.
    for (const { definition } of this.members.values()) {
      const image = definition.image ?? "";
      if (!(await this.#has(image))) await this.#pull(image);
    }
    this.#pause = await engine.createContainer({
      Image: pauseImage,
      Entrypoint: ["sleep", "3600"],
      Labels: { [label]: this.id },
      HostConfig: { NetworkMode: network, Init: true },
    });
    await this.#pause.start();
    for (const member of this.members.values()) {
      member.container = await engine.createContainer(this.#options(member.definition)).catch((error: Error) => {
        throw new Error(`CannotCreateContainerError: ${error.message}`);
      });
      member.status = "CREATED";
    }
  }

  async #has(image: string): Promise<boolean> {
    return this.#host.engine
      .getImage(image)
      .inspect()
      .then(
        () => true,
        () => false,
      );
  }

  async #pull(image: string): Promise<void> {
    const { engine } = this.#host;
    try {
      const progress = await engine.createImage({ fromImage: image });
      await new Promise<void>((resolve, reject) => {
        engine.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve()));
      });
      this.#host.pulled(image);
    } catch (error) {
      throw new Error(`CannotPullContainerError: ${(error as Error).message}`);
    }
  }

  #options(definition: ContainerDefinition): Docker.ContainerCreateOptions {
    const { name = "", memory, linuxParameters, environment = [] } = definition;
    const overrides = this.request.overrides?.containerOverrides?.find((override) => override.name === name);
    const variables = [
      ...environment,
      ...(overrides?.environment ?? []),
      { name: "ECS_CONTAINER_METADATA_URI_V4", value: this.#host.metadataUrl(this.id, name) },
      { name: "AWS_EXECUTION_ENV", value: "AWS_ECS_FARGATE" },
    ];
    return {
      Image: definition.image ?? "",
      ...(definition.entryPoint ? { Entrypoint: definition.entryPoint } : {}),
      ...(definition.command ? { Cmd: definition.command } : {}),
      ...(definition.workingDirectory ? { WorkingDir: definition.workingDirectory } : {}),
      Env: variables.map((variable) => `${variable.name}=${variable.value}`),
      Labels: { [this.#host.label]: this.id },
      HostConfig: {
        NetworkMode: `container:${this.#pause?.id}`,
        Mounts: (definition.mountPoints ?? []).map(({ sourceVolume = "", containerPath = "", readOnly = false }) => ({
          Type: "volume",
          Source: this.#volume(sourceVolume),
          Target: containerPath,
          ReadOnly: readOnly,
          VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: "local", Options: {} } },
        })),
        CapDrop: linuxParameters?.capabilities?.drop ?? [],
        PidsLimit: processesOfMachine,
        ...(memory ? { Memory: memory * mebibyte, MemorySwap: memory * mebibyte } : {}),
      },
    };
  }

  /** The life of a container, from waiting for its dependencies to its end. */
  async #life(member: Member): Promise<void> {
    const { definition, container } = member;
    await Promise.race([this.#dependencies(definition), this.#stopping.promise]);
    if (this.stopCode === null && container) {
      try {
        if (this.#host.startFault !== undefined && definition.name === "program")
          throw new Error(this.#host.startFault);
        await container.start();
        member.status = "RUNNING";
        if (definition.essential !== false) this.status = "RUNNING";
        const over = container.wait() as Promise<{ StatusCode: number }>;
        void this.#stopping.promise.then(() => this.#terminate(container, definition.stopTimeout ?? 30, over));
        const { StatusCode } = await over;
        member.exitCode = StatusCode;
        if ((await container.inspect()).State.OOMKilled)
          member.reason = "OutOfMemoryError: Container killed due to memory usage";
      } catch (error) {
        member.reason = `CannotStartContainerError: ${(error as Error).message}`;
      }
    }
    member.status = "STOPPED";
    if (definition.essential !== false) this.stop("EssentialContainerExited", "Essential container in task exited");
  }

  async #dependencies({ dependsOn = [] }: ContainerDefinition): Promise<void> {
    while (!dependsOn.every(({ containerName = "" }) => this.members.get(containerName)?.status === "STOPPED"))
      await pause(20);
  }

  async #terminate(container: Docker.Container, seconds: number, over: Promise<unknown>): Promise<void> {
    await container.kill({ signal: "SIGTERM" }).catch(() => {});
    const timer = new AbortController();
    await Promise.race([over, pause(seconds * 1000, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
    await container.kill({ signal: "SIGKILL" }).catch(() => {});
  }

  /** Kills all containers at once, as if the host were lost. */
  async kill(code: string, reason: string): Promise<void> {
    this.stop(code, reason);
    await Promise.all(
      [...this.members.values()].map(async ({ container }) => container?.kill({ signal: "SIGKILL" }).catch(() => {})),
    );
  }

  async #remove(): Promise<void> {
    const containers = [...this.members.values()].map(({ container }) => container);
    await Promise.all(
      [...containers, this.#pause].map(async (container) =>
        container?.remove({ force: true, v: true }).catch(() => {}),
      ),
    );
    for (const { name = "" } of this.definition.volumes ?? []) {
      await this.#host.engine
        .getVolume(this.#volume(name))
        .remove()
        .catch(() => {});
    }
  }

  #volume(name: string): string {
    return `benchstack-task-${this.id}-${name}`;
  }
}
