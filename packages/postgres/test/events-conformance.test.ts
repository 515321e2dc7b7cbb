/**
 * The PostgreSQL adapters of the events' ports, tried by the suites that every adapter must pass, on
 * a real server.
 */
import { eventStreamCases, outboxCases, streamStoreCases } from "@ashlar/events/conformance";
import {
  openPostgresStream,
  openPostgresStreamStore,
  PostgresInbox,
  PostgresOutbox,
  type Transaction,
} from "@ashlar/postgres";
import { describe, test } from "vitest";
import { environment, useServer } from "./fixture.ts";

const server = useServer();
const common = { name: "events", environment, partitions: 4, maxEventBytes: 4_096 } as const;

describe("a PostgreSQL stream is an EventStream (PS1..PS3)", () => {
  for (const { name, run } of eventStreamCases) {
    test(name, () =>
      run({
        create: async (kind) => {
          const url = await server.createDatabase();
          return () => openPostgresStream({ ...common, url, kind });
        },
      }),
    );
  }
});

describe("a PostgreSQL stream is a StreamStore (PS1, PS2)", () => {
  for (const { name, run } of streamStoreCases) {
    test(name, () =>
      run({
        create: async () => {
          const url = await server.createDatabase();
          return () => openPostgresStreamStore({ ...common, url, kind: "log" });
        },
      }),
    );
  }
});

describe("PostgresOutbox and PostgresInbox (PO1, PO2)", () => {
  for (const { name, run } of outboxCases<Transaction>()) {
    test(name, () =>
      run({
        create: async () => {
          const pool = await server.openPool();
          const url = await server.createDatabase();
          const stream = await openPostgresStream({ ...common, url, kind: "log" });
          return {
            environment,
            outbox: await PostgresOutbox.open({ pool }),
            inbox: await PostgresInbox.open({ pool }),
            stream,
            transaction: (work) => pool.transaction(work),
            [Symbol.asyncDispose]: async () => {
              await stream[Symbol.asyncDispose]();
              await pool.close();
            },
          };
        },
      }),
    );
  }
});
