/** The table of options in docs/deploy.md. */
import * as z from "zod";
import { deploymentSchema } from "./deployment.ts";

interface Schema {
  description?: string;
  default?: unknown;
  type?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

/** Every option of a deployment with its default and its description, as a Markdown table. */
export function optionsTable(): string {
  const rows = rowsOf("", z.toJSONSchema(deploymentSchema, { io: "input", unrepresentable: "any" }) as Schema);
  return ["| option | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The rows of an object's options. The options of a nested object follow the row of that object. */
function rowsOf(prefix: string, { properties = {}, required = [] }: Schema): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    // The fields of a capacity profile have no descriptions; the option `profiles` describes them.
    if (schema.description === undefined) return [];
    const path = prefix + name;
    const standard = required.includes(name) ? "required" : `\`${JSON.stringify(schema.default)}\``;
    const row = `| \`${path}\` | ${standard} | ${schema.description} |`;
    const inner = [schema, ...(schema.anyOf ?? [])].find((one) => one.properties);
    const each = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
    return [row, ...(inner ? rowsOf(`${path}.`, inner) : []), ...(each ? rowsOf(`${path}.*.`, each) : [])];
  });
}
