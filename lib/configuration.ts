import { BadConfiguration, readDeployment, type Deployment } from "./deployment.ts";

/** Reads the configuration of a deployment for a command. Ends the command with its sentences when it cannot be used. */
export function configurationOrExit(file?: string): Deployment {
  try {
    return readDeployment(file);
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
