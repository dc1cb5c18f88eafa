/** The types of the package's props, with comments, made from the schema of the options of a deployment. */
import { format } from "prettier";
import * as z from "zod";
import { deploymentSchema } from "../../lib/deployment.ts";
import { stackOptions } from "../../lib/props.ts";

interface Schema {
  description?: string;
  default?: unknown;
  type?: string;
  enum?: string[];
  const?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

/** The declarations of lib/props.ts without zod: an interface for each kind of props. */
export function propsDeclaration(): Promise<string> {
  const { properties: { name: _, ...properties } = {} } = z.toJSONSchema(deploymentSchema, {
    io: "input",
    unrepresentable: "any",
  }) as Schema;
  const ofStack = new Set<string>(stackOptions);
  const some = (inStack: boolean) =>
    membersOf({
      properties: Object.fromEntries(Object.entries(properties).filter(([name]) => ofStack.has(name) === inStack)),
    });
  const declaration = `/** The options of a platform. */
export interface BenchstackProps ${some(false)}

/** The options of a platform in a stack of its own. */
export interface BenchstackStackProps extends BenchstackProps ${some(true)}
`;
  return format(declaration, { parser: "typescript", printWidth: 120 });
}

function membersOf({ properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? "" : "?";
    return `${commentOf(schema)}readonly ${name}${optional}: ${typeOf(schema)};`;
  });
  return `{\n${members.join("\n")}\n}`;
}

function commentOf({ description, default: standard }: Schema): string {
  const isSimple = standard !== undefined && JSON.stringify(standard) !== "{}";
  const lines = [description, ...(isSimple ? [`@default ${JSON.stringify(standard)}`] : [])].filter(Boolean);
  return lines.length > 0 ? `/**\n${lines.map((line) => ` * ${line}`).join("\n")}\n */\n` : "";
}

function typeOf(schema: Schema): string {
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.properties) return membersOf(schema);
  if (typeof schema.additionalProperties === "object")
    return `Readonly<Record<string, ${typeOf(schema.additionalProperties)}>>`;
  if (schema.type === "array") return `ReadonlyArray<${typeOf(schema.items!)}>`;
  if (schema.type === "integer") return "number";
  if (schema.type === undefined) throw new Error(`An option has no type: ${JSON.stringify(schema)}`);
  return schema.type;
}
