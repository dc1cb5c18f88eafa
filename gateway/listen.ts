import type { AddressInfo, Server } from "node:net";
import { processLog } from "../lambdas/kernel/log.ts";

/**
 * Lets a server listen and returns its port; 0 selects a free one. Throws if it cannot. Later errors, for instance because too many
 * files are open for another connection, are logged: the server goes on, and accepts connections again when it can.
 */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", (error) => processLog().error("server.failed", { error }));
  return (server.address() as AddressInfo).port;
}
