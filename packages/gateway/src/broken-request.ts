/**
 * What the HTTP parser itself refuses, answered on the bare socket.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { Edge } from "./edge.ts";
import { gatewayProblems } from "./errors.ts";
import { type Problem, problem, problemBody } from "./problem.ts";

export function answerBrokenRequest(
  edge: Edge,
  error: NodeJS.ErrnoException,
  socket: Duplex,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error);
  const { status, title } = gatewayProblems[refusal.code];
  edge.instruments.refusals.add({ route: "none", code: refusal.code });
  const correlationId = edge.ids.hex(32);
  edge.instruments.log.info("request refused", { code: refusal.code, status, correlationId });
  const body = problemBody(refusal, correlationId);
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
      `x-correlation-id: ${correlationId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function refusalOf({ code, message }: NodeJS.ErrnoException): Problem {
  if (code === "HPE_HEADER_OVERFLOW") {
    return problem("HEADERS_TOO_LARGE", "the header section is too large");
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return problem("REQUEST_TIMEOUT", "the headers did not arrive in time");
  }
  return problem("REQUEST_MALFORMED", message.replace(/^Parse Error: /, ""));
}
