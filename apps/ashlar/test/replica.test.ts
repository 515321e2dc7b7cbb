import { expect, test } from "vitest";
import { parseSignal } from "../src/commands/kill.ts";
import { parseReplica, parseReplicaCounts } from "../src/commands/replica.ts";

test("a replica is typed as part/n", () => {
  expect(parseReplica("orders")).toEqual({ part: "orders" });
  expect(parseReplica("users-api/2")).toEqual({ part: "users-api", replica: 2 });
});

test.for(["", "Orders", "orders/", "orders/x", "orders/1/2", "/1", "../x"])(
  "%j names no part",
  (text) => {
    expect(() => parseReplica(text)).toThrow(expect.objectContaining({ code: "USAGE_INVALID" }));
  },
);

test("counts are typed as part=n", () => {
  expect(parseReplicaCounts(["orders=3", "users=0"])).toEqual({ orders: 3, users: 0 });
});

test.for([["orders"], ["orders="], ["orders=x"], ["orders=-1"], ["orders=101"], ["a=1", "a=2"]])(
  "%j is refused",
  (texts) => {
    expect(() => parseReplicaCounts(texts)).toThrow(
      expect.objectContaining({ code: "USAGE_INVALID" }),
    );
  },
);

test.for(["SIGTERM", "sigterm", "TERM", "term", "15"])("%s is SIGTERM", (text) => {
  expect(parseSignal(text)).toBe("SIGTERM");
});

test("a mistyped signal gets the nearest one", () => {
  expect(() => parseSignal("SIGTREM")).toThrow('unknown signal "SIGTREM"; did you mean "SIGTERM"?');
});
