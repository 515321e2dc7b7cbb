/**
 * Reads the numbered invariants of the specification.
 *
 * An invariant is a table row in docs/spec/*.md whose first cell is its id: `| SC1 | … |`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles, root } from "./workspace.ts";

export interface Invariant {
  readonly id: string;
  readonly path: string;
}

export function readInvariants(): readonly Invariant[] {
  return listFiles("docs/spec")
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return [...text.matchAll(/^\|\s*([A-Z]{1,4}\d+)\s*\|/gm)].map((match) => ({
        id: match[1] ?? "",
        path,
      }));
    });
}
