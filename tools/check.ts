/**
 * Runs every static check side by side and prints the output of those that fail.
 *
 * @module
 */
import { spawn } from "node:child_process";

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: "format", command: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
  { name: "dead code", command: ["knip", "--no-progress"] },
  { name: "tidy", command: ["vitest", "run", "--project", "unit", "tools"] },
  {
    name: "generated documents",
    command: ["node", "--conditions=@ashlar/source", "tools/docs.ts", "--check"],
  },
];

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

function run({ name, command }: Check): Promise<Outcome> {
  const [program, ...args] = command;
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    const finish = (passed: boolean, note = ""): void =>
      resolve({
        name,
        passed,
        seconds: (performance.now() - startedMs) / 1000,
        output: Buffer.concat(chunks).toString() + note,
      });
    child.on("error", (error) => finish(false, `${program}: ${error.message}; run npm ci\n`));
    child.on("close", (code) => finish(code === 0));
  });
}

const outcomes = await Promise.all(checks.map(run));
for (const { name, passed, seconds, output } of outcomes) {
  console.log(`${passed ? "ok  " : "FAIL"} ${name} (${seconds.toFixed(1)} s)`);
  if (!passed) console.log(output);
}
process.exitCode = outcomes.every((each) => each.passed) ? 0 : 1;
