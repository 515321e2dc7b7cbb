/**
 * Tries connections in every way that a program has, and answers with what came of it:
 * `GET /?how=<way>&host=…&port=…`.
 */
import { fork } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import process, { env } from "node:process";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

type Outcome = Readonly<Record<string, unknown>>;

interface Target {
  readonly how: string;
  readonly host: string;
  readonly port: number;
}

const self = fileURLToPath(import.meta.url);

async function attempt({ how, host, port }: Target): Promise<Outcome> {
  switch (how) {
    case "options":
      return settled(connect({ host, port }), "connect");
    case "arguments":
      return settled(connect(port, host), "connect");
    case "tls":
      return settled(connectTls({ host, port, rejectUnauthorized: false }), "secureConnect");
    case "unix":
      return settled(connect({ path: host }), "connect");
    case "fetch":
      return fetch(`http://${host}:${port}/`).then(
        ({ status }) => ({ status }),
        (error: Error) => outcomeOf(error.cause as Error),
      );
    case "udp":
      return new Promise((resolve) => {
        const socket = dgram.createSocket("udp4");
        socket.send("x", port, host, (error) => {
          socket.close();
          resolve(error === null ? { sent: true } : outcomeOf(error));
        });
      });
    case "worker": {
      const worker = new Worker(self, { workerData: { how: "options", host, port } });
      return ((await once(worker, "message")) as [Outcome])[0];
    }
    default: {
      const child = fork(self, [JSON.stringify({ how: "options", host, port })]);
      return ((await once(child, "message")) as [Outcome])[0];
    }
  }
}

async function settled(socket: ReturnType<typeof connect>, event: string): Promise<Outcome> {
  try {
    await once(socket, event);
    return { connected: true };
  } catch (error) {
    return outcomeOf(error as Error);
  } finally {
    socket.destroy();
  }
}

function outcomeOf(error: Error): Outcome {
  const { code, syscall, message, port } = error as NodeJS.ErrnoException & { port?: number };
  return { code, syscall, message, port };
}

if (!isMainThread) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has none
  parentPort?.postMessage(await attempt(workerData as Target));
} else if (process.send !== undefined) {
  process.send(await attempt(JSON.parse(process.argv[2] ?? "") as Target));
  process.disconnect();
} else {
  createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://caller");
    const target = {
      how: searchParams.get("how") ?? "",
      host: searchParams.get("host") ?? "",
      port: Number(searchParams.get("port")),
    };
    const outcome = target.how === "" ? Promise.resolve({}) : attempt(target);
    void outcome.then((known) => response.end(JSON.stringify(known)));
  }).listen({ host: env["ASHLAR_HOST"], port: Number(env["ASHLAR_PORT_HTTP"]) });
}
