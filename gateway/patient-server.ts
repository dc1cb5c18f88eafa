/** A server of HTTP for bodies of any size, and for what `cl` sends. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { Duplex } from "node:stream";

/** A large upload may take long, but a connection without traffic is closed. */
export const patientServer = { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 75_000 };
export const maxSilenceMs = 120_000;

/** Creates a server that waits as long as bytes come. While it closes, it keeps no connection that has nothing to do. */
export function createPatientServer(listener: RequestListener, options: Partial<typeof patientServer> = {}): Server {
  /** The requests on connections whose answer is still to come. */
  const awaiting = new WeakMap<Duplex, IncomingMessage>();
  const answer: RequestListener = (request, response) => {
    awaiting.set(request.socket, request);
    response.on("close", () => {
      awaiting.delete(request.socket);
      if (!server.listening) server.closeIdleConnections();
    });
    listener(request, response);
  };
  const server = createServer({ ...patientServer, ...options }, answer);
  server.setTimeout(maxSilenceMs);
  server.on("checkContinue", answer);
  // `cl` sends zeros after a whole request to keep the connection while it waits. That is no reason to end it before the answer.
  server.on("clientError", (_, socket) => {
    if (awaiting.get(socket)?.complete) return;
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", () => socket.destroy());
  });
  return server;
}
