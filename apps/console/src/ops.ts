/**
 * The console's own health, on the ops port: the supervisor asks here whether it is ready.
 *
 * @module
 */
import { createServer } from "node:http";
import { listen } from "./server.ts";

export interface OpsOptions {
  readonly host: string;
  readonly port: number;
  /** Figures for `/metrics`, by name; each a gauge. */
  readonly gauges: () => Readonly<Record<string, number>>;
}

export async function openOps(options: OpsOptions): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    const json = (value: unknown): void => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(value));
    };
    if (request.url === "/healthz") json({ status: "ok" });
    else if (request.url === "/readyz") json({ status: "ok", checks: {} });
    else if (request.url === "/metrics") {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(exposition(options.gauges()));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await listen(server, options.host, options.port);
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function exposition(gauges: Readonly<Record<string, number>>): string {
  const cpu = process.cpuUsage();
  const lines = [
    "# TYPE process_resident_memory_bytes gauge",
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    "# TYPE process_cpu_seconds_total counter",
    `process_cpu_seconds_total ${(cpu.user + cpu.system) / 1e6}`,
  ];
  for (const [name, value] of Object.entries(gauges)) {
    lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
  }
  return `${lines.join("\n")}\n`;
}
