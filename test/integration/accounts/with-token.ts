import type { Person } from "../../support/platform.ts";
import type { Lab } from "../support/lab.ts";

/** Sends requests with a token, as a program does that has nothing else. */
export const withToken =
  ({ send }: Lab, token: string): Person["send"] =>
  (method, path, content) =>
    send(method, path, { authorization: `Token ${token}`, ...(content && { content }) });
