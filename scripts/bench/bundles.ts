import { deflateRawSync } from "node:zlib";
import type { FunctionBundle } from "../../lib/function-bundles.ts";

/** Of the file alone, by the strongest deflate; a zip adds some hundred bytes. */
export const zippedBytes = ({ contents }: FunctionBundle): number => deflateRawSync(contents, { level: 9 }).length;

/** Packages of AWS's SDK that a bundle has something of. */
export function clientsIn({ inputs }: FunctionBundle): string[] {
  const clients = Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? (/@aws-sdk\/(client-[\w-]+)/.exec(file)?.[1] ?? []) : [],
  );
  return [...new Set(clients)].sort();
}
