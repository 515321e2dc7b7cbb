import { Scope, ScopeClosedError } from "@ashlar/foundation";
import { expect, test } from "vitest";

function recorder(events: string[], name: string): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: () => {
      events.push(name);
      return Promise.resolve();
    },
  };
}

test("SC1: the signal is aborted first, then resources go in reverse order", async () => {
  const events: string[] = [];
  const scope = new Scope();
  scope.signal.addEventListener("abort", () => events.push("abort"));
  scope.own(recorder(events, "database"));
  scope.own(recorder(events, "server"));
  await scope.close();
  expect(events).toEqual(["abort", "server", "database"]);
});

test("SC2: closing twice releases once, and both calls await the same close", async () => {
  const events: string[] = [];
  const scope = new Scope();
  const released = Promise.withResolvers<void>();
  scope.defer(() => released.promise);
  scope.own(recorder(events, "server"));
  const first = scope.close();
  const second = scope.close();
  expect(second).toBe(first);
  released.resolve();
  await first;
  await scope.close();
  expect(events).toEqual(["server"]);
});

test("SC3: a closed scope takes nothing more", async () => {
  const scope = new Scope();
  await scope.close();
  expect(() => scope.own(recorder([], "late"))).toThrow(ScopeClosedError);
  expect(() => scope.defer(() => undefined)).toThrow(ScopeClosedError);
});

test("SC1: `await using` closes the scope", async () => {
  const events: string[] = [];
  {
    await using scope = new Scope();
    scope.own(recorder(events, "server"));
  }
  expect(events).toEqual(["server"]);
});
