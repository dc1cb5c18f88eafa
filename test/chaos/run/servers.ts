/** The program of a server that is killed: `servers.ts store PORT FOLDER` or `servers.ts queues PORT FOLDER`. */
import { startFauxqs } from "fauxqs";
import { startObjectStore } from "../../../local/object-store/server.ts";
import { buckets, keys, queueNames, region } from "./addresses.ts";

const [what, port, folder] = process.argv.slice(2) as [string, string, string];
if (what === "store") await startObjectStore({ ...keys, region, buckets, directory: folder, port: Number(port) });
else {
  const queues = await startFauxqs({ port: Number(port), logger: false, defaultRegion: region, dataDir: folder });
  for (const name of queueNames) if (!queues.inspectQueue(name)) queues.createQueue(name, { region });
}
