/**
 * The program of the gateway. It reads the variables of functions inside, and its own. On SIGTERM it accepts no more requests and
 * ends when those that it answers have ended.
 */
import { closeCurrentContext } from "../lambdas/functions/context.ts";
import { readEnvironment } from "../lambdas/kernel/environment.ts";
import { processLog } from "../lambdas/kernel/log.ts";
import { isPublicAddress } from "../worker-image/registry/addresses.ts";
import { trustAuthorities } from "./database-authorities.ts";
import { openUrl } from "./open-url.ts";
import { startGateway } from "./server.ts";

async function run(): Promise<void> {
  const { GATEWAY_PORT, DATABASE_AUTHORITIES_URL } = readEnvironment("gateway");
  if (DATABASE_AUTHORITIES_URL !== undefined) await trustAuthorities(DATABASE_AUTHORITIES_URL);
  const gateway = await startGateway(GATEWAY_PORT, openUrl(isPublicAddress));
  processLog().info("gateway.started", { port: gateway.port });
  process.once("SIGTERM", () => {
    processLog().info("gateway.stopping");
    void gateway.close().then(closeCurrentContext);
  });
}

void run();
