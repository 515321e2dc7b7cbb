/**
 * Keyset pages: a cursor holds the sort key of the last row given out, so that a page costs the
 * same wherever it lies and rows that come meanwhile are neither repeated nor skipped.
 *
 * @module
 */
import * as z from "zod";
import { CursorInvalidError } from "./errors.ts";

/** The position after a row: its time and, among equal times, its id. */
export interface Position {
  readonly atMs: number;
  readonly id: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
}

const shape = z.tuple([z.int().min(0).max(8_640_000_000_000_000), z.uuid()]);

/** Opaque to clients; not secret, not signed: it selects nothing that the caller may not see. */
export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify([position.atMs, position.id])).toString("base64url");
}

/** @throws {CursorInvalidError} */
export function decodeCursor(text: string): Position {
  try {
    const [atMs, id] = shape.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { atMs, id };
  } catch {
    throw new CursorInvalidError();
  }
}

/** Makes a page of `limit` items from up to `limit + 1` rows: the surplus row proves another page. */
export function pageOf<Item>(
  rows: readonly Item[],
  limit: number,
  positionOf: (item: Item) => Position,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? encodeCursor(positionOf(last)) : null };
}
