/**
 * Puts a probe's question to a process over the network.
 *
 * `http`: 200 to 399 is well, redirects are not followed. `tcp`: a connection is well. `grpc`: a TCP
 * connection too, for the health protocol needs HTTP/2 and its own messages; a gRPC part that wants
 * more declares an `http` probe on its ops port.
 *
 * @module
 */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import type { ProbeCheck } from "@ashlar/model";
import { PartOperationError } from "./errors.ts";

/** Rejects unless the process behind these ports answers well. */
export async function askOverNetwork(
  check: ProbeCheck,
  target: { readonly host: string; readonly ports: Readonly<Record<string, number>> },
  signal: AbortSignal,
): Promise<void> {
  const port = target.ports[check.port];
  if (port === undefined) throw new PartOperationError(check.port, "probe", "no such port");
  if (check.kind === "http") {
    await askHttp({ host: target.host, port, path: check.path }, signal);
    return;
  }
  const socket = connect({ host: target.host, port });
  try {
    await once(socket, "connect", { signal });
  } finally {
    socket.destroy();
  }
}

async function askHttp(
  to: { readonly host: string; readonly port: number; readonly path: string },
  signal: AbortSignal,
): Promise<void> {
  const sent = request({ ...to, agent: false, signal, headers: { connection: "close" } });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  sent.on("error", () => undefined); // What comes after the status line is of no interest.
  response.resume();
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 399) {
    throw new PartOperationError(to.path, "probe", `it answered ${status}`);
  }
}
