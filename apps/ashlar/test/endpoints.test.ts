import type { Plan } from "@ashlar/model";
import { expect, test } from "vitest";
import { endpointsOf, publicEndpointsOf } from "../src/project/endpoints.ts";
import { part, replica, system } from "./status-fixture.ts";

const plan = {
  parts: {
    users: {
      name: "users",
      ports: {
        ops: { name: "ops", protocol: "http", exposure: "ops" },
        http: { name: "http", protocol: "http", exposure: "part" },
        feed: { name: "feed", protocol: "websocket", exposure: "part" },
      },
    },
    api: {
      name: "api",
      ports: {
        http: { name: "http", protocol: "http", exposure: "public" },
        ops: { name: "ops", protocol: "http", exposure: "ops" },
      },
    },
  },
} as unknown as Plan;

const status = system({
  endpoints: { console: "http://127.0.0.1:7070", api: "http://127.0.0.1:8080" },
  parts: [
    part({
      addresses: { http: "127.0.0.1:30001", feed: "127.0.0.1:30002" },
      replicas: [replica({ ports: { http: 40_001, ops: 40_002, feed: 40_003 } })],
    }),
    part({ name: "api", addresses: { http: "127.0.0.1:8080", ops: "127.0.0.1:30009" } }),
  ],
});

test("CEP1: a part goes by its first port that is not for operators", () => {
  const endpoints = endpointsOf(status, plan, "secret-token");
  expect(endpoints).toMatchObject({
    api: "http://127.0.0.1:8080",
    "api.ops": "http://127.0.0.1:30009",
    users: "http://127.0.0.1:30001",
    "users.feed": "ws://127.0.0.1:30002",
    "users.ops": "http://127.0.0.1:40002",
  });
  expect(Object.keys(endpoints)).toEqual(Object.keys(endpoints).toSorted());
});

test("CEP2: the console's address opens it", () => {
  const endpoints = endpointsOf(status, plan, "secret-token");
  expect(endpoints["console"]).toBe("http://127.0.0.1:7070/?token=secret-token");
});

test("people are shown the public ports and the console alone", () => {
  const shown = publicEndpointsOf(endpointsOf(status, plan, undefined), plan);
  expect(Object.keys(shown)).toEqual(["api", "console"]);
});
