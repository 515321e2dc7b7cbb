/**
 * A service for tests: answers on its HTTP port with who it is, and does what its path says.
 */
import { once } from "node:events";
import { createServer, get } from "node:http";
import { connect } from "node:net";
import process, { env } from "node:process";
import { setTimeout as delay } from "node:timers/promises";

let ready = env["START_UNREADY"] !== "1";
let alive = true;
const server = createServer((request, response) => {
  void answer(request.url ?? "/").then(
    ({ status, body }) => {
      response.writeHead(status, { connection: "close", "content-type": "application/json" });
      response.end(JSON.stringify(body));
    },
    (error: unknown) => {
      response.writeHead(500, { connection: "close" });
      response.end(JSON.stringify({ error: String(error) }));
    },
  );
});

async function answer(path: string): Promise<{ status: number; body: unknown }> {
  const url = new URL(path, "http://service");
  switch (url.pathname) {
    case "/healthz":
      return { status: alive ? 200 : 500, body: {} };
    case "/readyz":
      return { status: ready ? 200 : 503, body: {} };
    case "/unready":
      ready = false;
      return { status: 200, body: {} };
    case "/ready":
      ready = true;
      return { status: 200, body: {} };
    case "/ill":
      alive = false;
      return { status: 200, body: {} };
    case "/slow":
      await delay(Number(url.searchParams.get("ms") ?? "200"));
      return { status: 200, body: { instance: env["ASHLAR_INSTANCE"], pid: process.pid } };
    case "/env":
      return { status: 200, body: { ...env } };
    case "/fetch":
      return { status: 200, body: await reach(url.searchParams.get("url") ?? "") };
    case "/connect":
      return { status: 200, body: await dial(url.searchParams.get("path") ?? "") };
    case "/log":
      process.stdout.write(`${url.searchParams.get("line") ?? ""}\n`);
      return { status: 200, body: {} };
    case "/exit":
      setImmediate(() => process.exit(Number(url.searchParams.get("code") ?? "1")));
      return { status: 200, body: {} };
    default:
      return { status: 200, body: { instance: env["ASHLAR_INSTANCE"], pid: process.pid } };
  }
}

async function reach(url: string): Promise<unknown> {
  return new Promise((resolve) => {
    const sent = get(url, { agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      resolve({ code: error.code, message: error.message });
    });
  });
}

async function dial(path: string): Promise<unknown> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return { connected: true };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code, message: (error as Error).message };
  } finally {
    socket.destroy();
  }
}

if (env["IGNORE_TERM"] === "1") {
  process.on("SIGTERM", () => process.stdout.write("ignored SIGTERM\n"));
} else {
  process.on("SIGTERM", () => {
    ready = false;
    server.close(() => process.exit(0));
  });
}
await delay(Number(env["START_MS"] ?? "0"));
server.listen({ host: env["ASHLAR_HOST"], port: Number(env["ASHLAR_PORT_HTTP"]) });
await once(server, "listening");
process.stdout.write(`${JSON.stringify({ level: "info", text: "listening", pid: process.pid })}\n`);
