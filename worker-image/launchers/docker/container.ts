import type { ContainerCreateOptions } from "dockerode";
import type { DarkNetwork } from "./dark-networks.ts";
import type { LaunchRequest } from "../launcher.ts";

/** Labels on every container of ours. */
export const labels = { worker: "benchstack.worker", attempt: "benchstack.attempt", network: "benchstack.network" };

/** What Codabench's worker drops: all that Docker gives by default. */
const droppedCapabilities = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/**
 * The container of a request. The image keeps its entry point, user and environment. `dark` is a network to use where the
 * request wants none, instead of one that the engine makes for this container.
 */
export function containerOptions(
  request: LaunchRequest,
  workerId: string,
  engineCpus: number,
  dark: Pick<DarkNetwork, "mode" | "files"> = { mode: "none", files: [] },
): ContainerCreateOptions {
  const { cpus, memoryBytes, pids } = request.limits;
  const network = request.network === "open" ? { mode: "bridge", files: [] } : dark;
  return {
    Image: request.image,
    Cmd: request.argv,
    WorkingDir: request.workingDirectory,
    // The empty proxies undo what an image or the engine's configuration may set: most programs have no network.
    Env: ["PYTHONUNBUFFERED=1", "http_proxy=", "https_proxy="],
    Labels: { [labels.worker]: workerId, [labels.attempt]: request.attempt },
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      Mounts: [...request.folders, ...network.files].map(({ hostPath, path, readOnly }) => ({
        Type: "bind",
        Source: hostPath,
        Target: path,
        ReadOnly: readOnly,
      })),
      NetworkMode: network.mode,
      SecurityOpt: ["no-new-privileges"],
      CapDrop: droppedCapabilities,
      Memory: memoryBytes,
      // Equal to Memory: no swap.
      MemorySwap: memoryBytes,
      // Shared memory counts as memory; the engine's 64 MB are too little for PyTorch's data loaders.
      ShmSize: Math.floor(memoryBytes / 2),
      PidsLimit: pids,
      // An engine refuses more CPUs than its machine has; 0 is no limit.
      NanoCpus: Math.round(Math.min(cpus, engineCpus) * 1e9),
      // Reaps what a program leaves behind, and makes a program without signal handlers stoppable.
      Init: true,
      // Nothing reads the engine's log: the worker is attached.
      LogConfig: { Type: "none", Config: {} },
    },
  };
}
