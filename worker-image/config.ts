import * as z from "zod";
import { ConfigError } from "./config-error.ts";
import { defaultReserveBytes } from "./free-space.ts";
import { ecsConfigSchema } from "./launchers/ecs/config.ts";
import type { EcsConfig } from "./launchers/ecs/config.ts";

/** 10 GB, as Codabench's worker. */
const defaultCacheBytes = 10_000_000_000;
const units = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** A size for people, for example `50 GB`. */
export const readableBytes = z
  .string()
  .regex(/^\d+(\.\d+)? ?[KMGT]B$/i, "must be a size such as 50 GB")
  .transform((text) => Math.round(parseFloat(text) * units[text.slice(-2).toUpperCase() as keyof typeof units]));

/** Registries as they stand in the names of images, for example `registry.example.org, 10.0.0.5:5000`. */
export const registryList = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ""))
  .refine(
    (names) => names.every((name) => /^[a-zA-Z0-9][a-zA-Z0-9.-]*(:\d+)?$/.test(name)),
    "must be a list of registries such as registry.example.org, 10.0.0.5:5000",
  );

const environment = z.object({
  BENCHSTACK_API_URL: address(),
  BENCHSTACK_PUBLIC_URL: address().optional(),
  BENCHSTACK_WORKER_TOKEN: z.string("must be the worker token of the queue"),
  BENCHSTACK_WORKER_SLOTS: wholeNumber(1, 1000).default(1),
  BENCHSTACK_WORKER_IDLE_SECONDS: wholeNumber(1, 31 * 24 * 3600).optional(),
  BENCHSTACK_WORKER_HOME: z
    .string("must be a folder on a disk of this machine")
    .startsWith("/", "must be an absolute path"),
  BENCHSTACK_PLATFORM_HOME: z.string().startsWith("/", "must be an absolute path").optional(),
  BENCHSTACK_LAUNCHER: z
    .enum(["auto", "docker", "sandbox", "ecs"], "must be auto, docker, sandbox or ecs")
    .default("auto"),
  BENCHSTACK_ECS: z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return null;
      const read = readEcsConfig(text);
      if (typeof read !== "string") return read;
      context.addIssue({ code: "custom", message: read });
      return z.NEVER;
    }),
  BENCHSTACK_LOGIN_KEY: z.string().optional(),
  BENCHSTACK_IMAGE_PULL: z.enum(["missing", "always"], "must be missing or always").default("missing"),
  BENCHSTACK_IMAGE_CACHE: readableBytes.default(50e9),
  BENCHSTACK_PRIVATE_REGISTRIES: registryList.default([]),
  BENCHSTACK_DATA_FOLDER: z.string().startsWith("/", "must be an absolute path").optional(),
  BENCHSTACK_CACHE_BYTES: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(defaultCacheBytes),
  BENCHSTACK_DISK_RESERVE: readableBytes.default(defaultReserveBytes),
});

/** Returns the configuration, or a description of the error in it. */
function readEcsConfig(text: string): EcsConfig | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "must be JSON";
  }
  const read = ecsConfigSchema.safeParse(json);
  return read.success
    ? read.data
    : read.error.issues.map(({ path, message }) => `at ${path.join(".")}: ${message}`).join(", ");
}

function address() {
  return z
    .url({ protocol: /^https?$/, error: "must be the address of the platform, for example https://bench.example.org" })
    .transform((url) => url.replace(/\/+$/, ""));
}

/** The variables that are set: an empty one counts as unset, as shells and Compose files cannot always leave one out. */
export const setVariables = (variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));

/** A whole number in a variable. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(error).int(error).min(min, error).max(max, error);
}

/** The worker's settings. The platform's own workers also read the variables of the AWS SDK. */
export interface WorkerConfig {
  /** Without a trailing slash. */
  apiUrl: string;
  /** The platform's address in signed URLs, where this worker uses `apiUrl` instead. Without a trailing slash. */
  publicUrl: string;
  token: string;
  /** Maximum number of attempts at the same time. */
  slots: number;
  /** After this long without an attempt the worker ends; null for a worker that stays. */
  idleSeconds: number | null;
  /** Absolute path of the folder for work folders, the archive cache and the worker's id. */
  home: string;
  /** The folder of the platform that started this worker on the same machine; null for other workers. */
  platformHome: string | null;
  launcher: "auto" | "docker" | "sandbox" | "ecs";
  /** Settings of the launcher `ecs`; null for other launchers. */
  ecs: EcsConfig | null;
  /** The key that opens logins of registries, for the launcher `ecs`; null without one. */
  loginKey: string | null;
  imagePull: "missing" | "always";
  cacheBytes: number;
  /** What steps leave free on the disks of this machine. */
  reserveBytes: number;
  /** The size of all images that the launcher `docker` pulls and keeps. */
  maxImageBytes: number;
  /** Registries that the launcher `docker` may pull from although their addresses are not public. */
  privateRegistries: string[];
  /** Absolute path of a folder that every program on this worker can read; null when none is configured. */
  dataFolder: string | null;
}

/** Reads the configuration from environment variables. Throws `ConfigError`, whose message never contains a value. */
export function readConfig(variables: NodeJS.ProcessEnv): WorkerConfig {
  const result = environment.safeParse(setVariables(variables));
  if (!result.success) {
    throw new ConfigError(result.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "));
  }
  const read = result.data;
  if (read.BENCHSTACK_LAUNCHER === "ecs" && read.BENCHSTACK_ECS === null) {
    throw new ConfigError("BENCHSTACK_ECS must say where tasks run, because BENCHSTACK_LAUNCHER is ecs");
  }
  return {
    apiUrl: read.BENCHSTACK_API_URL,
    publicUrl: read.BENCHSTACK_PUBLIC_URL ?? read.BENCHSTACK_API_URL,
    token: read.BENCHSTACK_WORKER_TOKEN,
    slots: read.BENCHSTACK_WORKER_SLOTS,
    idleSeconds: read.BENCHSTACK_WORKER_IDLE_SECONDS ?? null,
    home: read.BENCHSTACK_WORKER_HOME,
    platformHome: read.BENCHSTACK_PLATFORM_HOME ?? null,
    launcher: read.BENCHSTACK_LAUNCHER,
    ecs: read.BENCHSTACK_ECS,
    loginKey: read.BENCHSTACK_LOGIN_KEY ?? null,
    imagePull: read.BENCHSTACK_IMAGE_PULL,
    cacheBytes: read.BENCHSTACK_CACHE_BYTES,
    reserveBytes: read.BENCHSTACK_DISK_RESERVE,
    maxImageBytes: read.BENCHSTACK_IMAGE_CACHE,
    privateRegistries: read.BENCHSTACK_PRIVATE_REGISTRIES,
    dataFolder: read.BENCHSTACK_DATA_FOLDER ?? null,
  };
}
