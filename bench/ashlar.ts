/**
 * Runs the command line as a user would, in a state directory of its own.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
export const root: string = join(dirname(fileURLToPath(import.meta.url)), "..");

export interface UpReport {
  readonly system: string;
  readonly state: string;
  readonly endpoints: Readonly<Record<string, string>>;
}

/** A workspace for `ashlar` commands that is removed, with all that runs in it, when disposed. */
export async function openAshlar(): Promise<
  AsyncDisposable & {
    up(system: string): Promise<UpReport>;
    down(system: string, ...flags: readonly string[]): Promise<void>;
    status(system: string): Promise<unknown>;
  }
> {
  const stateHome = await mkdtemp(join(tmpdir(), "ashlar-bench-"));
  const ashlar = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run("node", [join(root, "apps/ashlar/bin/ashlar.js"), ...args], {
      cwd: root,
      env: { ...process.env, ASHLAR_HOME: stateHome },
      maxBuffer: 16 * 2 ** 20,
    });
    return stdout;
  };
  return {
    up: async (system) => JSON.parse(await ashlar("up", system, "--detach", "--json")) as UpReport,
    down: async (system, ...flags) => void (await ashlar("down", system, ...flags)),
    status: async (system) => JSON.parse(await ashlar("status", system, "--json")) as unknown,
    async [Symbol.asyncDispose]() {
      await ashlar("down", "--all", "--wipe").catch(() => undefined);
      await rm(stateHome, { recursive: true, force: true });
    },
  };
}
