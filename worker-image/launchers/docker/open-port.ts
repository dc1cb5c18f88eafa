import { Duplex, PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { Unreachable } from "../../live-port.ts";
import { Demultiplexer } from "./demultiplex.ts";

/** Passes its standard input to a port and back, until the program closes the connection. */
const script = 'exec 4<&0 3<>"/dev/tcp/127.0.0.1/$1" && { cat <&4 >&3 & cat <&3; kill $! 2>/dev/null; }';
const maxMemoryBytes = 32 * 1024 ** 2;

/**
 * Connects to a port of the program in a container, from a container of the same image that shares its network: so it does not
 * matter which network that is, and the program's limits do not count it. The image needs `bash` and `cat`.
 */
export async function openPort(
  engine: Docker,
  options: { name: string; image: string; program: Docker.Container; labels: Record<string, string>; port: number },
): Promise<Duplex> {
  const { name, image, program, labels, port } = options;
  const container = await engine.createContainer({
    name,
    Image: image,
    Entrypoint: ["/bin/bash", "-c", script, "port", String(port)],
    Cmd: [],
    Labels: labels,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: `container:${program.id}`,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: maxMemoryBytes,
      MemorySwap: maxMemoryBytes,
      PidsLimit: 16,
      LogConfig: { Type: "none", Config: {} },
    },
  });
  const attached = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
  const stream = (await container.attach(attached)) as Duplex;
  await container.start();
  const received = new PassThrough();
  return Duplex.from({ writable: stream, readable: split(stream, received, port) });
}

/** What comes from the port. Ends with `Unreachable` if there is nothing but an error of the shell. */
function split(stream: Readable, received: PassThrough, port: number): PassThrough {
  let isAnswered = false;
  let hasFailed = false;
  const passed = (bytes: Buffer): Promise<void> | undefined => {
    isAnswered = true;
    return received.write(bytes) ? undefined : new Promise((resolve) => received.once("drain", resolve));
  };
  const failed = (): undefined => {
    hasFailed = true;
  };
  pipeline(stream, new Demultiplexer({ write: passed }, { write: failed })).then(
    () => {
      if (hasFailed && !isAnswered) received.destroy(new Unreachable(`Nothing listens on port ${port} of the run.`));
      else received.end();
    },
    (error: Error) => received.destroy(error),
  );
  return received;
}
