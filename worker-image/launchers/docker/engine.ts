/** The container engine, with a deadline for every call. */
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import Docker from "dockerode";
import { unlessAborted } from "../../failure.ts";
import { engineStatus } from "./errors.ts";

/** Answers take milliseconds, but an engine whose disk is busy may need a while to create or start a container. */
const maxAnswerMs = 60_000;
/** After this time without an answer, a worker expects none any more. */
export const maxSilenceMs = 120_000;
const pingPauseMs = 10_000;

/** The engine did not answer in time. It may still do what it was asked. */
export class EngineSilent extends Error {
  constructor(milliseconds: number) {
    super(`the container engine did not answer within ${milliseconds / 1000} s`);
  }
}

/** Whether an engine gave no answer: it was silent, or the connection to it failed. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof EngineSilent || /^E[A-Z]+$/.test(String((error as NodeJS.ErrnoException | null)?.code));

type Dial = (options: DialOptions, callback: (error: unknown, answer: unknown) => void) => void;

/** A request, as docker-modem takes it. */
interface DialOptions {
  path: string;
  method: string;
  isStream?: boolean;
  statusCodes: Record<number, true | string>;
  abortSignal?: AbortSignal;
}

/**
 * Opens the engine of DOCKER_HOST, or of the default socket. Calls throw `EngineSilent` when the answer, or the begin of
 * a stream, does not arrive in time. Only calls with an `abortSignal` of their own may take longer: see
 * `whileAnswering`.
 */
export function openEngine(): Docker {
  const engine = new Docker();
  const modem = engine.modem as { dial: Dial };
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    if (options.abortSignal !== undefined) return dial(options, callback);
    const late = new AbortController();
    const timer = setTimeout(() => {
      const error = new EngineSilent(maxAnswerMs);
      // The library calls back at the abort, but not if the connection has broken in the middle of an answer.
      callback(error, null);
      late.abort(error);
    }, maxAnswerMs);
    dial({ ...options, abortSignal: late.signal }, (error, answer) => {
      if (late.signal.aborted) return;
      clearTimeout(timer);
      callback(error, answer);
    });
  };
  return engine;
}

/**
 * Makes a call that may take as long as it wants while the engine answers other calls. Its signal is aborted when the
 * engine has been silent for too long; then this throws `EngineSilent`, whatever the call does.
 */
export async function whileAnswering<T>(engine: Docker, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const silent = new AbortController();
  const ended = new AbortController();
  void watch(engine, ended.signal, () => silent.abort(new EngineSilent(maxSilenceMs)));
  try {
    return await unlessAborted(call(silent.signal), silent.signal);
  } finally {
    ended.abort();
  }
}

async function watch(engine: Docker, ended: AbortSignal, onSilent: () => void): Promise<void> {
  let answeredAt = performance.now();
  for (;;) {
    await pause(pingPauseMs, undefined, { signal: ended, ref: false }).catch(() => {});
    if (ended.aborted) return;
    const answered = await engine.ping().then(
      () => true,
      (error: unknown) => engineStatus(error) !== undefined,
    );
    if (answered) answeredAt = performance.now();
    else if (performance.now() - answeredAt > maxSilenceMs) return onSilent();
  }
}

/**
 * Waits until a container does not run. Throws when the connection breaks. The library's own `wait` would then wait for
 * ever.
 */
export async function untilStopped(engine: Docker, id: string, signal: AbortSignal): Promise<void> {
  const { dial } = engine.modem as { dial: Dial };
  const request: DialOptions = {
    path: `/containers/${id}/wait`,
    method: "POST",
    isStream: true,
    statusCodes: { 200: true, 404: "no such container", 500: "server error" },
    abortSignal: signal,
  };
  const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    dial(request, (error, stream) => (error ? reject(error as Error) : resolve(stream as NodeJS.ReadableStream)));
  });
  await text(answer);
}
