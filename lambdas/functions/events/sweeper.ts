import { randomUUID } from "node:crypto";
import { forRequest } from "../../kernel/context.ts";
import { currentContext } from "../context.ts";
import { jobOwners } from "../job-owners.ts";
import { sweep } from "../sweep.ts";

/** Runs on a schedule. The id of this run is the correlation id of what it starts. */
export const handler = (): Promise<void> => sweep(forRequest(currentContext(), randomUUID()), jobOwners);
