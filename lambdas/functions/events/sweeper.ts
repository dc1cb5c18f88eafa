import { randomUUID } from "node:crypto";
import { currentContext, forRequest } from "../../kernel/context.ts";
import { sweep } from "../sweep.ts";

/** Runs on a schedule. What it begins by itself has an id of this run. */
export const handler = (): Promise<void> => sweep(forRequest(currentContext(), randomUUID()));
