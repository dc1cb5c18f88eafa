import { ConfigError } from "../config-error.ts";
import { log } from "../output.ts";
import { superviseVariables } from "./contract.ts";
import { supervise } from "./supervise.ts";

/** Runs `supervise` with the settings in the environment of this container. */
export async function superviseEcsTask(): Promise<void> {
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  await supervise({
    orderUrl: variable(superviseVariables.order),
    launch: Number(variable(superviseVariables.launch)),
    metadataUrl: variable("ECS_CONTAINER_METADATA_URI_V4"),
    stop: stop.signal,
    log,
  });
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new ConfigError(`${name} is missing: this command is only for the ECS tasks that a worker starts`);
  return value;
}
