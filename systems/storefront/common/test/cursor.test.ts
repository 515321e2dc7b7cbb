import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor, pageOf } from "../cursor.ts";
import { CursorInvalidError } from "../errors.ts";

test("a cursor comes back as it was", () => {
  fc.assert(
    fc.property(fc.nat(), fc.uuid({ version: 4 }), (atMs, id) => {
      expect(decodeCursor(encodeCursor({ atMs, id }))).toEqual({ atMs, id });
    }),
  );
});

test("any other text is refused by code", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(() => decodeCursor(text)).toThrow(CursorInvalidError);
    }),
  );
});

test("the surplus row alone proves another page", () => {
  const id = "7a0c3e9e-5a53-4b06-9a0a-0f5c9d8f3a11";
  const at = (atMs: number): { atMs: number; id: string } => ({ atMs, id });
  expect(pageOf([1, 2, 3], 3, at)).toEqual({ items: [1, 2, 3], nextCursor: null });
  expect(pageOf([1, 2, 3, 4], 3, at)).toEqual({
    items: [1, 2, 3],
    nextCursor: encodeCursor(at(3)),
  });
  expect(pageOf([], 3, at)).toEqual({ items: [], nextCursor: null });
});
