import { CodedError, describeError, hasCode, InvariantError, invariant } from "@ashlar/foundation";
import { expect, test } from "vitest";

class ShelfEmptyError extends CodedError<"SHELF_EMPTY", { readonly shelf: string }> {
  constructor(shelf: string, options?: ErrorOptions) {
    super("SHELF_EMPTY", `shelf ${shelf} is empty`, { shelf }, options);
  }
}

test("a coded error carries its class name, code, detail and cause", () => {
  const error = new ShelfEmptyError("A", { cause: new TypeError("no key") });
  expect(error.name).toBe("ShelfEmptyError");
  expect(error.detail).toEqual({ shelf: "A" });
  expect(hasCode(error, "SHELF_EMPTY")).toBe(true);
  expect(hasCode(error, "OTHER")).toBe(false);
  expect(describeError(error)).toBe("shelf A is empty: no key");
});

test("whatever is thrown can be described", () => {
  expect(describeError("text")).toBe("text");
  expect(describeError(undefined)).toBe("undefined");
});

test("an invariant names the condition that broke", () => {
  expect(() => invariant(true, "fine")).not.toThrow();
  expect(() => invariant(false, "size <= capacity")).toThrow(InvariantError);
  expect(() => invariant(false, "size <= capacity")).toThrow("invariant broken: size <= capacity");
});
