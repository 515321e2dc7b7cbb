/**
 * A storefront of a test's own: up when opened, gone when disposed.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Harness } from "ashlar/harness";

const root: string = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface RunningStorefront extends AsyncDisposable {
  readonly harness: Harness;
  readonly endpoints: Readonly<Record<string, string>>;
  /** The public address. */
  readonly api: string;
}

export async function openStorefront(...flags: readonly string[]): Promise<RunningStorefront> {
  const harness = await Harness.open({ directory: root });
  const { endpoints } = await harness.up("storefront", ...flags);
  return {
    harness,
    endpoints,
    api: endpoints["api"] ?? "",
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}
