/** Unpacks one creation in a process of its own, which a test may kill: `node unpack-process.ts ID`. */
import { unpackBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import { platform } from "../../../lambdas/kernel/context.ts";
import { never } from "./lab.ts";

await unpackBundle(platform(), Number(process.argv[2]), never);
await platform().db.destroy();
platform().objects.close();
