/**
 * Runs this command line as a user would, in a state directory of its own: for tests and benchmarks
 * of whole systems.
 *
 * - HA1  Nothing of a harness outlives it: disposing takes every system down and removes all state.
 * - HA2  Waiting is for a condition of the running system, within a limit, and failing tells the
 *        last status seen.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CodedError } from "@ashlar/foundation";
import type { SystemStatus } from "@ashlar/local";

const bin = join(dirname(fileURLToPath(import.meta.url)), "..", "bin", "ashlar.js");

export interface HarnessOptions {
  /** Working directory of the commands: a project. */
  readonly directory: string;
  /** Environment beyond the caller's own. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface UpReport {
  readonly system: string;
  readonly state: string;
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Thrown when a command of a harness failed, or what was waited for did not come. For tests. */
export class HarnessError extends CodedError<"HARNESS_FAILED", { readonly output: string }> {
  constructor(what: string, output: string) {
    super("HARNESS_FAILED", `${what}\n${output}`, { output });
  }
}

export class Harness implements AsyncDisposable {
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  /** Where this harness keeps the state of its systems. */
  readonly home: string;

  private constructor(home: string, options: HarnessOptions) {
    this.home = home;
    this.#directory = options.directory;
    this.#env = { ...process.env, NO_COLOR: "1", ...options.env, ASHLAR_HOME: home };
  }

  static async open(options: HarnessOptions): Promise<Harness> {
    return new Harness(await mkdtemp(join(tmpdir(), "ashlar-")), options);
  }

  /** Runs one command to its end, whatever its exit code. */
  run(...args: readonly string[]): Promise<Finished> {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: this.#directory,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** @throws {HarnessError} when the command exits with anything but 0. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code === 0) return stdout;
    throw new HarnessError(`ashlar ${args.join(" ")}: exit ${code}`, stdout + stderr);
  }

  /** Settles when every part is ready. */
  async up(system: string, ...flags: readonly string[]): Promise<UpReport> {
    return JSON.parse(await this.must("up", system, "--detach", "--json", ...flags)) as UpReport;
  }

  async down(system: string, ...flags: readonly string[]): Promise<void> {
    await this.must("down", system, ...flags);
  }

  async status(system: string): Promise<SystemStatus> {
    return JSON.parse(await this.must("status", system, "--json")) as SystemStatus;
  }

  /** Asks for the status until `holds`, at most `limitMs` long. */
  async until(
    system: string,
    holds: (status: SystemStatus) => boolean,
    limitMs = 60_000,
  ): Promise<SystemStatus> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const status = await this.status(system);
      if (holds(status)) return status;
      if (performance.now() > endMs) {
        throw new HarnessError("the system did not get there", JSON.stringify(status, null, 2));
      }
      await delay(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("down", "--all", "--wipe");
    await rm(this.home, { recursive: true, force: true });
  }
}
