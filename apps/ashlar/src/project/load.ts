/**
 * Loads a `system.ts` and says clearly what is wrong with one that does not load.
 *
 * - CLD1  Whatever is wrong becomes a {@link DefinitionBrokenError} with the place in the file, where
 *        one is known, and the lines around it.
 * - CLD2  A definition's own exit, timers or output are its business; nothing of it is run twice.
 *
 * @module
 */
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { CodedError, describeError } from "@ashlar/foundation";
import type { SystemDefinition } from "@ashlar/model";
import { DefinitionBrokenError } from "../errors.ts";
import { excerptAt, placeOf } from "./excerpt.ts";
import type { LocatedSystem } from "./locate.ts";

/** @throws {DefinitionBrokenError} */
export async function loadDefinition({ file, root }: LocatedSystem): Promise<SystemDefinition> {
  const shown = relative(root, file);
  let exports: { readonly default?: unknown };
  try {
    exports = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (error) {
    throw brokenBy(error, file, root);
  }
  const definition: unknown = exports.default;
  if (definition === undefined) {
    const others = Object.keys(exports).join(", ");
    throw new DefinitionBrokenError(`${shown} has no default export`, {
      file,
      place: null,
      excerpt: "",
      hints: [
        "End it with `export default defineSystem({ … })`.",
        ...(others === "" ? [] : [`It exports: ${others}.`]),
      ],
    });
  }
  if (!isDefinition(definition)) {
    throw new DefinitionBrokenError(
      `the default export of ${shown} is ${describeValue(definition)}, not a system`,
      {
        file,
        place: null,
        excerpt: "",
        hints: ["`defineSystem` of `@ashlar/model` makes one."],
      },
    );
  }
  return definition;
}

function brokenBy(error: unknown, file: string, root: string): DefinitionBrokenError {
  const place = placeOf(error, file);
  const where =
    place === null
      ? relative(root, file)
      : `${relative(root, place.file)}:${place.line}:${place.column}`;
  return new DefinitionBrokenError(`${where}: ${messageOf(error, root)}`, {
    file,
    place,
    excerpt: place === null ? "" : excerptAt(place),
    hints: hintsFor(error),
    cause: error,
  });
}

function messageOf(error: unknown, root: string): string {
  if (!(error instanceof Error)) return `it threw ${describeValue(error)}`;
  const text = describeError(error).split(" imported from ")[0] ?? "";
  const named = error instanceof CodedError || error.name === "Error" ? "" : `${error.name}: `;
  return `${named}${text.replaceAll(`${root}/`, "")}`;
}

function hintsFor(error: unknown): readonly string[] {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return ["Sources run as they are, with types erased: write a const object instead."];
  }
  if (code === "ERR_MODULE_NOT_FOUND") {
    const text = describeError(error);
    return text.includes("Cannot find package")
      ? ["Install it: `npm install` in the project."]
      : ["Imports name the file with its `.ts` ending."];
  }
  return [];
}

function isDefinition(value: unknown): value is SystemDefinition {
  return typeof value === "object" && value !== null && "type" in value && value.type === "system";
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && "type" in value) return `a ${String(value.type)}`;
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return `the text ${JSON.stringify(value)}`;
  return `a ${typeof value}`;
}
