import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { problemsIn } from "../../disk-use.ts";
import type { DiskUse } from "../../disk-use.ts";

/** Images have at least these commands, if not those of GNU. */
const script = "du -sk /folder | cut -f1; find /folder | wc -l";

export interface MeasureRequest {
  /** The name of the container. Whoever chose it removes the container. */
  name: string;
  folder: string;
  /** An image that the engine has, with a shell. */
  image: string;
  labels: Record<string, string>;
  signal: AbortSignal;
}

/** Measures a folder in a container of its own, whose root may read all of it. */
export async function measureAsRoot(engine: Docker, request: MeasureRequest): Promise<DiskUse> {
  const container = await engine.createContainer({
    name: request.name,
    Image: request.image,
    Entrypoint: ["sh", "-c", script],
    Cmd: [],
    Env: ["LC_ALL=C"],
    User: "0",
    Labels: request.labels,
    HostConfig: {
      Mounts: [{ Type: "bind", Source: request.folder, Target: "/folder", ReadOnly: true }],
      NetworkMode: "none",
      SecurityOpt: ["no-new-privileges"],
    },
  });
  const remove = () => container.remove({ force: true, v: true }).catch(() => {});
  const onAbort = () => void remove();
  request.signal.addEventListener("abort", onAbort);
  try {
    const output = await container.attach({ stream: true, stdout: true, stderr: true, hijack: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    engine.modem.demuxStream(output, stdout, stderr);
    output.once("close", () => {
      stdout.end();
      stderr.end();
    });
    await container.start();
    const [numbers, { pathTooLong }] = await Promise.all([text(stdout), problemsIn(stderr)]);
    const [kilobytes = 0, entries = 0] = numbers.split("\n").map(Number);
    return { bytes: kilobytes * 1024, entries, pathTooLong };
  } finally {
    request.signal.removeEventListener("abort", onAbort);
    await remove();
  }
}
