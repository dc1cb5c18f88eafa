import { randomBytes } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { SendEmailRequest } from "@aws-sdk/client-sesv2";
import { maxRecipients } from "../lambdas/accounts/rules/mail.ts";
import { listen } from "../gateway/listen.ts";

/**
 * Starts a server for the one SES request that the mailer uses. It writes each message to a file in a folder, which
 * mail programs can open. The files contain blind-copy recipients too, like a sender's own copy.
 */
export async function startMailFolder(
  folder: string,
  onMail: ((line: string) => void) | null,
): Promise<{ url: string; close(): Promise<void> }> {
  const keep = async (request: SendEmailRequest): Promise<string> => {
    const { everybody, blind } = addressees(request);
    if (everybody.length === 0 || everybody.length > maxRecipients)
      throw new Error(`A message must have 1 to ${maxRecipients} recipients.`);
    const now = new Date();
    const id = randomBytes(8).toString("hex");
    const file = join(folder, `${now.toISOString().replaceAll(":", "-")}-${id}.eml`);
    await writeFile(`${file}.new`, messageFile(request, id, now), { mode: 0o600 });
    await rename(`${file}.new`, file);
    const to = blind.length > 1 ? `${blind.length} people in blind copy` : everybody.join(", ");
    const { Subject, Body } = request.Content!.Simple!;
    // On one machine, whoever tries something out follows the link from here.
    const [link] = /https?:\/\/\S+\?token=\S+/.exec(Body!.Text!.Data!) ?? [];
    onMail?.(`Mail to ${to}: ${Subject!.Data}${link === undefined ? "" : ` ${link}`} (${file})`);
    return id;
  };
  const server = createServer((request, response) => {
    const answer = async () => {
      const body = await text(request);
      if (request.method !== "POST" || request.url !== "/v2/email/outbound-emails")
        throw new Error(`${request.url} is not supported.`);
      return keep(JSON.parse(body) as SendEmailRequest);
    };
    answer().then(
      (MessageId) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ MessageId })),
      (error: Error) =>
        response
          .writeHead(400, { "content-type": "application/json", "x-amzn-errortype": "BadRequestException" })
          .end(JSON.stringify({ message: error.message })),
    );
  });
  const port = await listen(server, 0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function addressees({ Destination: { ToAddresses: open = [], BccAddresses: blind = [] } = {} }: SendEmailRequest) {
  return { open, blind, everybody: [...open, ...blind] };
}

/**
 * Formats a request as a message file (RFC 5322). The body is not encoded, so that people can read it without a mail
 * program.
 */
function messageFile(request: SendEmailRequest, id: string, date: Date): string {
  const { open, blind } = addressees(request);
  const { Subject, Body, Headers = [] } = request.Content!.Simple!;
  const headers: [name: string, value: string][] = [
    ["From", request.FromEmailAddress!],
    ...addressHeader("To", open),
    ...addressHeader("Bcc", blind),
    ...addressHeader("Reply-To", request.ReplyToAddresses ?? []),
    ["Subject", encodedWords(Subject!.Data!)],
    ["Date", date.toUTCString().replace("GMT", "+0000")],
    ["Message-ID", `<${id}@localhost.invalid>`],
    ...Headers.map(({ Name, Value }): [string, string] => [Name!, Value!]),
    ["MIME-Version", "1.0"],
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Transfer-Encoding", "8bit"],
  ];
  const lines = [...headers.map(([name, value]) => `${name}: ${value}`), "", ...Body!.Text!.Data!.split(/\r\n|\r|\n/)];
  return lines.join("\r\n");
}

const addressHeader = (name: string, addresses: string[]): [string, string][] =>
  addresses.length > 0 ? [[name, addresses.join(",\r\n ")]] : [];

/**
 * Formats the text of a header. Text that is not ASCII becomes encoded words (RFC 2047) of at most 75 characters each.
 */
function encodedWords(content: string): string {
  if (/^[\x20-\x7e]*$/.test(content) && !content.includes("=?")) return content;
  const words: string[] = [""];
  for (const character of content) {
    if (Buffer.byteLength(words.at(-1)! + character) > 45) words.push("");
    words[words.length - 1] += character;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString("base64")}?=`).join("\r\n ");
}
