/** What people send to the programs of runs: `cl netcat`, and requests of HTTP. */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as z from "zod";
import { requestOfRun, sendToRun } from "../service/runs/ports.ts";
import { byUuid, rest } from "./rest.ts";

const port = z.coerce.number().int().min(1).max(65_535).meta({ description: "A port that the program listens on" });
const byPort = byUuid.extend({ port });

const netcurl = (method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, params: typeof byPort) =>
  rest({
    method,
    path,
    ...(path.endsWith("{path}/") && ({ endIsOpen: true } as const)),
    summary: `Pass a ${method} request on to the program of a run`,
    passesOn: true,
    access: method === "GET" ? ("anyone" as const) : ("user" as const),
    params,
    answers: "What the program answers: its status, some of its headers, and its body of at most 3.9 MB",
    handle: ({ context, actor, params: { uuid, port }, event }) =>
      requestOfRun(context, actor, uuid, port, {
        method,
        base: `/rest/bundles/${uuid}/netcurl/${port}`,
        path: pathOf(event),
        headers: event.headers,
        body: Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8"),
      }),
  });

/** The rest of the address, as it was asked for: programs tell `/a` and `/a/` apart. */
function pathOf({ rawPath, rawQueryString }: APIGatewayProxyEventV2): string {
  const [, path = ""] = /\/netcurl\/\d+(\/.*)?$/.exec(rawPath) ?? [];
  return `${path === "" ? "/" : path.replace(/[^!-~]/g, encodeURIComponent)}${rawQueryString ? `?${rawQueryString}` : ""}`;
}

const netcurlPath = "/rest/bundles/{uuid}/netcurl/{port}/";
const byPath = byPort.extend({ path: z.string().max(8192) });

export const portRoutes = [
  rest({
    method: "PUT",
    path: "/rest/bundles/{uuid}/netcat/{port}/",
    summary: "Send a message to a port of a run, and read what the program sends back",
    access: "user",
    params: byPort,
    body: z.object({ message: z.string().meta({ description: "What is sent, as UTF-8" }) }),
    answers: "The bytes that the program sent until it closed the connection, or for at most 15 seconds",
    handle: async ({ context, actor, params: { uuid, port }, body: { message } }) => ({
      status: 200,
      headers: { "content-type": "application/octet-stream", "content-security-policy": "sandbox" },
      body: await sendToRun(context, actor, { uuid, port, message }),
    }),
  }),
  ...(["GET", "POST", "PUT", "PATCH", "DELETE"] as const).flatMap((method) => [
    netcurl(method, netcurlPath, byPort),
    netcurl(method, `${netcurlPath}{path}/`, byPath),
  ]),
];
