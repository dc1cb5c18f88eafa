/** The types of the API, as the web application calls it, from our OpenAPI document. They are not committed. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTypescript, { astToString } from "openapi-typescript";
import { allRoutes } from "../../lambdas/functions/all-routes.ts";
import { openApi } from "../../lambdas/functions/openapi.ts";

const file = join(import.meta.dirname, "../../web/api/generated.ts");

export async function generateTypes(): Promise<void> {
  // As a text, because the generator changes an object that it is given.
  const document = JSON.stringify(openApi(allRoutes, "/"));
  const types = astToString(await openapiTypescript(document, { alphabetize: true }));
  // An unchanged file keeps its time, so that nothing is checked again.
  if (!existsSync(file) || readFileSync(file, "utf8") !== types) writeFileSync(file, types);
}
