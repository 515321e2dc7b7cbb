/**
 * Storage engines for tests: a process that listens instead of PostgreSQL.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DatabaseRequest, ExitStatus, StoreEngines } from "../src/index.ts";

export interface FakeEngines extends StoreEngines {
  /** Ports that engines were opened on, in order. */
  readonly opened: number[];
  readonly prepared: DatabaseRequest[];
  /** Makes the next preparations of this database fail. */
  readonly broken: Set<string>;
  /** What `predictUrl` says of a database; by default nothing. */
  foretold: (port: number, database: string) => string | undefined;
}

export function fakeEngines(): FakeEngines {
  const opened: number[] = [];
  const prepared: DatabaseRequest[] = [];
  const broken = new Set<string>();
  const engines: FakeEngines = {
    opened,
    prepared,
    broken,
    foretold: () => undefined,
    predictUrl: ({ port }, database) => Promise.resolve(engines.foretold(port, database)),
    openPostgres: async ({ dataDir, port }) => {
      await mkdir(dataDir, { recursive: true });
      await writeFile(join(dataDir, "PG_VERSION"), "18\n");
      const program = fileURLToPath(new URL("./programs/fake-postgres.ts", import.meta.url));
      const child = spawn(process.execPath, [program, String(port)], {
        detached: true,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit").then(
        ([code, signal]): ExitStatus => ({
          code: code as number | null,
          signal: signal as string | null,
          at: new Date().toISOString(),
        }),
      );
      await once(child.stdout, "data");
      opened.push(port);
      return {
        pid: child.pid ?? 0,
        exited,
        prepare: async (request) => {
          if (broken.has(request.database)) throw new Error("migration 002 fails: syntax error");
          prepared.push(request);
          return `postgres://ashlar:hidden@127.0.0.1:${port}/${request.database}`;
        },
        [Symbol.asyncDispose]: async () => {
          child.kill("SIGINT");
          await exited;
        },
      };
    },
    prepareExternal: () => Promise.resolve(),
  };
  return engines;
}
