import { Server } from "node:net";
import { startFauxqs, type FauxqsServer } from "fauxqs";

/**
 * Starts the embedded SQS, with its messages on disk. It accepts every request without credentials, so it may listen only on
 * this machine. fauxqs listens on all addresses and has no option for it, so the address is set where Node listens.
 */
export async function startQueues(region: string, dataDir: string): Promise<FauxqsServer> {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, options: object, ...rest: never[]) {
    return listen.call(this, { ...options, host: "127.0.0.1" }, ...rest);
  } as typeof listen;
  try {
    return await startFauxqs({ port: 0, host: "127.0.0.1", logger: false, defaultRegion: region, dataDir });
  } finally {
    Server.prototype.listen = listen;
  }
}
