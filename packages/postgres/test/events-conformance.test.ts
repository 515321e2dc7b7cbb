/**
 * The PostgreSQL adapters of the events' ports, tried on a real server by the suites that every
 * adapter must pass. What is PostgreSQL's own way of passing them: PS1, PS2, PS3, PO1, PO2.
 */
import { eventStreamCases, outboxCases, streamStoreCases } from "@ashlar/events/conformance";
import {
  openPostgresStream,
  openPostgresStreamStore,
  PostgresInbox,
  PostgresOutbox,
  type Transaction,
} from "@ashlar/postgres";
import { beforeAll, describe, test } from "vitest";
import { environment, useServer } from "./fixture.ts";

const server = useServer();
const common = { environment, partitions: 4, maxEventBytes: 4_096 } as const;

/** Streams of one database, so that they are told apart, too. */
let url: string;
let count = 0;
beforeAll(async () => {
  url = await server.createDatabase();
});

describe("a PostgreSQL stream is an EventStream (PS1..PS3)", () => {
  for (const { name, run } of eventStreamCases) {
    test(name, () =>
      run({
        create: async (kind) => {
          const name = `stream ${++count}`;
          return () => openPostgresStream({ ...common, url, name, kind });
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
          const name = `stream ${++count}`;
          return () => openPostgresStreamStore({ ...common, url, name, kind: "log" });
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
          const name = `stream ${++count}`;
          const stream = await openPostgresStream({ ...common, url, name, kind: "log" });
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
