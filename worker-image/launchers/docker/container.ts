import type { ContainerCreateOptions, MountSettings } from "dockerode";
import type { DarkNetwork } from "./dark-networks.ts";
import { labels } from "./labels.ts";
import type { LaunchRequest } from "../launcher.ts";

/** All capabilities that Docker gives by default. Codabench's worker drops the same ones. */
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
 * Options for the container of a request. Entry point, user and environment are the image's own. A request without
 * network uses `dark`, or a network that the engine creates for this container. `volumes` take the place of the image's own.
 */
export function containerOptions(
  request: LaunchRequest,
  workerId: string,
  engineCpus: number,
  dark: Pick<DarkNetwork, "mode" | "files"> = { mode: "none", files: [] },
  volumes: MountSettings[] = [],
): ContainerCreateOptions {
  const { cpus, memoryBytes, pids } = request.limits;
  const network = request.network === "open" ? { mode: "bridge", files: [] } : dark;
  return {
    Image: request.image,
    Cmd: request.argv,
    WorkingDir: request.workingDirectory,
    // Proxy settings of the image or the engine would be wrong, because most programs have no network.
    Env: ["PYTHONUNBUFFERED=1", "http_proxy=", "https_proxy="],
    Labels: { [labels.worker]: workerId, [labels.attempt]: request.attempt },
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      Mounts: [
        ...[...request.folders, ...network.files].map(({ hostPath, path, readOnly }): MountSettings => ({
          Type: "bind",
          Source: hostPath,
          Target: path,
          ReadOnly: readOnly,
        })),
        ...volumes,
      ],
      NetworkMode: network.mode,
      SecurityOpt: ["no-new-privileges"],
      CapDrop: droppedCapabilities,
      Memory: memoryBytes,
      // The same as Memory, which means no swap.
      MemorySwap: memoryBytes,
      // Shared memory counts as memory. The engine's default of 64 MB is too little for PyTorch's data loaders.
      ShmSize: Math.floor(memoryBytes / 2),
      PidsLimit: pids,
      // The engine refuses more CPUs than its machine has. 0 means no limit.
      NanoCpus: Math.round(Math.min(cpus, engineCpus) * 1e9),
      // Runs an init process that reaps orphaned processes and passes signals on to the program.
      Init: true,
      // The worker reads the output itself, so the engine need not keep a log.
      LogConfig: { Type: "none", Config: {} },
    },
  };
}
