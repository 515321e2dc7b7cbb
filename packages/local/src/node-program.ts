/**
 * How Node programs are started here: from sources, or from what was built of them.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** True in a checkout, where `.ts` files run as they are; false in an installed package. */
const fromSources: boolean = import.meta.url.endsWith(".ts");

/** The file of a module of this room. */
export function moduleUrl(name: "guard" | "warden"): URL {
  return new URL(`./${name}.${fromSources ? "ts" : "js"}`, import.meta.url);
}

export function modulePath(name: "guard" | "warden"): string {
  return fileURLToPath(moduleUrl(name));
}

/** A young generation of this size is collected more often, and some 10 MB of memory stay free. */
const semiSpaceMb = 2;

/** What every Node process of ours needs: resolution of rooms to sources where we run from these. */
export function nodeArguments(): readonly string[] {
  const conditions = fromSources ? ["--conditions=@ashlar/source"] : [];
  return [...conditions, `--max-semi-space-size=${semiSpaceMb}`];
}
