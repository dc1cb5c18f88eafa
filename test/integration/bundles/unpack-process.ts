/** Unpacks one creation in a separate process that a test may kill: `node unpack-process.ts ID`. */
import { unpackBundle } from "../../../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import { currentContext } from "../../../lambdas/functions/context.ts";
import { never } from "./lab.ts";

await unpackBundle(currentContext(), Number(process.argv[2]), never);
await currentContext().db.destroy();
currentContext().objects.close();
