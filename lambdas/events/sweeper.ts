import { platform } from "../services/platform.ts";
import { sweep } from "../services/sweep.ts";

/** Runs on a schedule. */
export const handler = (): Promise<void> => sweep(platform());
