/**
 * Finds every coded error in the sources and writes the reference of error codes.
 *
 * Two forms are found: a class whose name ends in `Error`, with its code as the first string literal in
 * capitals and its meaning as the doc comment above it; and a table of problem codes, an object literal declared
 * with a name that ends in `Problems`, whose keys are codes and whose comments are meanings.
 *
 * @module
 */
import { readRooms, readSources } from "./workspace.ts";

export interface ErrorCode {
  readonly code: string;
  readonly room: string;
  readonly path: string;
  /** What it means, whether to retry, what to do. Empty where the source does not say. */
  readonly meaning: string;
}

/** Every code, sorted; a code that two rooms declare appears twice. */
export function readErrorCodes(): readonly ErrorCode[] {
  return readRooms()
    .flatMap((room) =>
      readSources(room)
        .filter((file) => !file.isTest && room.layer < 8)
        .flatMap((file) =>
          codesOf(file.text).map((each) => ({ ...each, room: room.name, path: file.path })),
        ),
    )
    .toSorted((a, b) => a.code.localeCompare(b.code) || a.path.localeCompare(b.path));
}

/** docs/reference/errors.md */
export function errorReference(): string {
  const rows = readErrorCodes().map(
    (each) => `| \`${each.code}\` | \`${each.room}\` | ${each.meaning.replaceAll("|", "\\|")} |`,
  );
  return [
    "# Error codes",
    "",
    "The code is the contract: programs may match on it; the message beside it is for people and may",
    "change. Generated from the sources by `npm run docs`.",
    "",
    "| code | room | meaning |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

const codePattern = /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/;
const classPattern = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?export class \w+Error\b[\s\S]*?\n\}/g;
const tablePattern = /export const \w*Problems\b[^=]*=\s*[^{]*\{([\s\S]*?)\n\}/g;
const rowPattern =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^\s{2}([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+):/gm;

function codesOf(text: string): readonly { code: string; meaning: string }[] {
  const classes = [...text.matchAll(classPattern)].flatMap((match) => {
    const code = codePattern.exec(match[0])?.[1];
    return code === undefined ? [] : [{ code, meaning: prose(match[1] ?? "") }];
  });
  const rows = [...text.matchAll(tablePattern)].flatMap((table) =>
    [...(table[1] ?? "").matchAll(rowPattern)].map((row) => ({
      code: row[2] ?? "",
      meaning: prose(row[1] ?? ""),
    })),
  );
  return [...classes, ...rows];
}

function prose(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s?/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("@"))
    .join(" ")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .trim();
}
