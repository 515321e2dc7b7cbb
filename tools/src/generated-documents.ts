/**
 * Every document that is generated, as path and text.
 *
 * @module
 */
import { planJsonSchema } from "@ashlar/model";
import { cliReference } from "ashlar";
import { architectureSvg } from "./architecture.ts";
import { errorReference } from "./error-codes.ts";
import { roomTable } from "./room-table.ts";

export interface GeneratedDocument {
  /** Below the root. */
  readonly path: string;
  readonly text: string;
}

export function generatedDocuments(): readonly GeneratedDocument[] {
  return [
    { path: "docs/architecture.svg", text: architectureSvg() },
    { path: "docs/reference/rooms.md", text: roomTable() },
    { path: "docs/reference/errors.md", text: errorReference() },
    { path: "docs/reference/plan.schema.json", text: planJsonSchema() },
    { path: "docs/reference/cli.md", text: cliReference() },
  ];
}
