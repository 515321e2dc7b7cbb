/**
 * Runs the command line as a process, in a directory of the test's own.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const bin: string = join(dirname(fileURLToPath(import.meta.url)), "..", "bin", "ashlar.js");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly directory: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Default: the Node that runs the test. */
  readonly node?: string;
}

export function runProcess(options: RunOptions, ...words: readonly string[]): Promise<Finished> {
  const child = spawn(options.node ?? process.execPath, [bin, ...words], {
    cwd: options.directory,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...options.variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
