import type Docker from "dockerode";
import { parseReference } from "../../../lambdas/jobs/rules/image-reference.ts";
import { engineMessage } from "./errors.ts";
import { pullFailure } from "./pull-failure.ts";
import { loginFor } from "./registry-login.ts";

/** A registry that says nothing for this time counts as unreachable. */
const maxAnswerMs = 15_000;

/** Where an engine finds an image, without pulling it. Throws the `StepFailure` of a pull if it finds it nowhere. */
export async function findImage(engine: Docker, image: string): Promise<"engine" | "registry"> {
  const found = engine.getImage(image);
  const isHere = await found.inspect().then(
    () => true,
    () => false,
  );
  if (isHere) return "engine";
  const login = await loginFor(parseReference(image)?.registry ?? "").catch(() => null);
  const abortSignal = AbortSignal.timeout(maxAnswerMs);
  try {
    await found.distribution({ abortSignal, ...(login === null ? {} : { authconfig: login }) });
    return "registry";
  } catch (error) {
    const why = abortSignal.aborted ? "its registry does not answer" : engineMessage(error);
    throw pullFailure(image, why, login !== null);
  }
}
