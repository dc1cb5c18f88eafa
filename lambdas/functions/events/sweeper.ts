import { currentContext } from "../../kernel/context.ts";
import { jobOwners } from "../job-owners.ts";
import { sweep } from "../sweep.ts";

/** Runs on a schedule. */
export const handler = (): Promise<void> => sweep(currentContext(), jobOwners);
