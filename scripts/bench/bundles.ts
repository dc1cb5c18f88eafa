import { deflateRawSync } from "node:zlib";
import type { FunctionBundle } from "../../lib/function-bundles.ts";

/** Size of the compressed file. A zip adds some hundred bytes. */
export const zippedBytes = ({ contents }: FunctionBundle): number => deflateRawSync(contents, { level: 9 }).length;

/** Client packages of the AWS SDK that a bundle contains. */
export function clientsIn({ inputs }: FunctionBundle): string[] {
  const clients = Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? (/@aws-sdk\/(client-[\w-]+)/.exec(file)?.[1] ?? []) : [],
  );
  return [...new Set(clients)].sort();
}
