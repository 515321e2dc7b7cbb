/**
 * A service inside the test's process, with its log in an array, and raw requests to it.
 *
 * @module
 */
import { connect } from "node:net";
import { realEnvironment } from "@ashlar/program";
import { openService, type RunningService, type ServiceDefinition } from "../src/index.ts";

export interface TestService extends AsyncDisposable {
  readonly running: RunningService;
  readonly url: string;
  readonly lines: Record<string, unknown>[];
  /** JSON in, JSON out. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  metrics(): Promise<string>;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into whatever came
  readonly body: any;
}

export async function startService(
  definition: ServiceDefinition,
  variables: Record<string, string> = {},
): Promise<TestService> {
  const lines: Record<string, unknown>[] = [];
  const running = await openService(definition, {
    variables: { ASHLAR_PART: "demo", ASHLAR_LOG_LEVEL: "debug", ...variables },
    directory: import.meta.dirname,
    environment: realEnvironment(),
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return {
    running,
    lines,
    url: running.url,
    call: async (method, path, body, headers = {}) => {
      const response = await fetch(running.url + path, {
        method,
        headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: textOf(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      return {
        status: response.status,
        headers: response.headers,
        body: isJson ? JSON.parse(text) : text,
      };
    },
    metrics: async () => (await fetch(`${running.opsUrl}/metrics`)).text(),
    [Symbol.asyncDispose]: () => running.stop(),
  };
}

function textOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === "string") return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

/** Sends bytes as they are and returns everything that comes back until the end. */
export function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("close", () => resolve(Buffer.concat(chunks).toString()));
    socket.on("error", reject);
  });
}
