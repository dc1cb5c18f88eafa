import type { OpenApi } from "./openapi.ts";

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  description?: string;
  default?: unknown;
  format?: string;
  additionalProperties?: Schema | boolean;
}

interface Operation {
  tags?: string[];
  summary?: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>;
}

/** A short text for a schema: `integer`, `list of Submission`, `"asc" | "desc"`. */
function typeName(schema: Schema | undefined): string {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").at(-1)!;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.map(typeName).join(" or ");
  if (schema.type === "array") return `list of ${typeName(schema.items)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "any");
  return schema.format ? `${type} (${schema.format})` : type;
}

function fieldRows(schema: Schema | undefined, components: Record<string, Schema>): string {
  const resolved = schema?.$ref ? components[schema.$ref.split("/").at(-1)!] : schema;
  const fields = resolved?.type === "array" ? undefined : resolved?.properties;
  if (!fields) return "";
  return Object.entries(fields)
    .map(([name, field]) => {
      const notes = [
        resolved?.required?.includes(name) ? "" : "optional",
        field.default === undefined ? "" : `default ${JSON.stringify(field.default)}`,
        field.description ?? "",
      ].filter(Boolean);
      return `<tr><td><code>${escape(name)}</code></td><td>${escape(typeName(field))}</td><td>${escape(notes.join("; "))}</td></tr>`;
    })
    .join("");
}

const table = (rows: string) => (rows ? `<table>${rows}</table>` : "");

function renderOperation(
  method: string,
  path: string,
  operation: Operation,
  components: Record<string, Schema>,
): string {
  const parameters = (operation.parameters ?? [])
    .map(
      ({ name, in: where, required, schema }) =>
        `<tr><td><code>${escape(name)}</code></td><td>${escape(typeName(schema))}</td><td>${where}${required ? "" : ", optional"}${
          schema?.default === undefined ? "" : `, default ${escape(JSON.stringify(schema.default))}`
        }</td></tr>`,
    )
    .join("");
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const answers = Object.entries(operation.responses)
    .filter(([status]) => status !== "default")
    .map(([status, response]) => {
      const schema = Object.values(response.content ?? {})[0]?.schema;
      const named = schema && !schema.properties ? ` <span class="type">${escape(typeName(schema))}</span>` : "";
      return `<p><b>${status}</b> ${escape(response.description)}${named}</p>${table(fieldRows(schema, components))}`;
    })
    .join("");
  const access = operation.security?.[0] ? Object.keys(operation.security[0])[0]! : "anyone";
  return `<details><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escape(path)}</code>
<span>${escape(operation.summary ?? "")}</span> <i>${access}</i></summary>
${parameters && `<h4>Parameters</h4>${table(parameters)}`}
${body ? `<h4>Body</h4>${table(fieldRows(body, components))}` : ""}
<h4>Answer</h4>${answers}</details>`;
}

/** Renders an OpenAPI document as one web page without scripts. */
export function renderDescription(document: OpenApi): string {
  const components = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = (document.tags ?? [])
    .map(({ name }) => {
      const own = operations.filter(({ operation }) => operation.tags?.includes(name));
      return `<h2>${escape(name)}</h2>${own.map(({ path, method, operation }) => renderOperation(method, path, operation, components)).join("")}`;
    })
    .join("");
  const shared = Object.entries(components)
    .map(
      ([name, schema]) =>
        `<h3>${escape(name)}</h3><p>${escape(schema.description ?? "")}</p>${table(fieldRows(schema, components))}`,
    )
    .join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(document.info.title)} API</title><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{text-transform:capitalize;margin-top:2.5rem}h4{margin:.75rem 0 .25rem}summary{cursor:pointer;padding:.5rem 0}
summary span{opacity:.75;margin-left:.5rem}summary i{opacity:.6;font-size:.85em;float:right}
details{border-top:1px solid #8884;padding-left:.25rem}details[open]{padding-bottom:1rem}
b.get{color:#0a7}b.post{color:#27c}b.put,b.patch{color:#b70}b.delete{color:#c33}summary b{display:inline-block;width:4.5rem}
table{border-collapse:collapse;margin:.25rem 0 .75rem;width:100%}td{border-top:1px solid #8883;padding:.25rem .75rem .25rem 0;vertical-align:top}
code{font-family:ui-monospace,monospace}.type{opacity:.75}</style>
<h1>${escape(document.info.title)} API</h1><p>${escape(document.info.description ?? "")}</p>
<p>The same for programs: <a href="/api/schema.json">schema.json</a> (OpenAPI 3.1)</p>${sections}<h2>Shapes</h2>${shared}</html>`;
}
