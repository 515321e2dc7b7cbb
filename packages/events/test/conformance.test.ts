/**
 * The memory adapters, tried by the suites that every adapter must pass: EV1, EV2 and ES1, ES2, ES3,
 * ES4, ES5, ES6, ES7, ES8 over streams; SS1, SS2 over their store; OB1, OB2, OB3, IB1, ERL2 over
 * outbox and inbox.
 */
import {
  MemoryInbox,
  MemoryOutbox,
  MemoryStreamStore,
  MemoryTransaction,
  openStoredStream,
} from "@ashlar/events";
import { eventStreamCases, outboxCases, streamStoreCases } from "@ashlar/events/conformance";
import { realEnvironment } from "@ashlar/program";
import { describe, test } from "vitest";

const environment = realEnvironment();
const { clock } = environment;

function memoryStore(kind: "log" | "queue"): MemoryStreamStore {
  return new MemoryStreamStore({ name: "events", kind, clock, partitions: 4 });
}

describe("MemoryStreamStore is an EventStream", () => {
  for (const { name, run } of eventStreamCases) {
    test(name, () =>
      run({
        create: async (kind) => {
          const store = memoryStore(kind);
          return async () => openStoredStream({ store, environment, maxEventBytes: 4_096 });
        },
      }),
    );
  }
});

describe("MemoryStreamStore is a StreamStore", () => {
  for (const { name, run } of streamStoreCases) {
    test(name, () =>
      run({
        create: async () => {
          const store = memoryStore("log");
          return async () => store;
        },
      }),
    );
  }
});

describe("MemoryOutbox and MemoryInbox", () => {
  for (const { name, run } of outboxCases<MemoryTransaction>()) {
    test(name, () =>
      run({
        create: async () => {
          const stream = openStoredStream({
            store: memoryStore("log"),
            environment,
            maxEventBytes: 4_096,
          });
          return {
            environment,
            outbox: new MemoryOutbox({ clock }),
            inbox: new MemoryInbox({ clock }),
            stream,
            transaction: (work) => MemoryTransaction.run(work),
            [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
          };
        },
      }),
    );
  }
});
