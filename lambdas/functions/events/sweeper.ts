import { randomUUID } from "node:crypto";
import { forRequest } from "../../kernel/context.ts";
import { currentContext } from "../context.ts";
import { jobOwners } from "../job-owners.ts";
import { sweep } from "../sweep.ts";

/** Runs on a schedule. The invocation's id becomes the correlation id of all work that it starts. */
export const handler = (): Promise<void> => sweep(forRequest(currentContext(), randomUUID()), jobOwners);
