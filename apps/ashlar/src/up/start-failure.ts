/**
 * Words why a system did not come up, with its last log lines and what to do next.
 *
 * @module
 */
import { join, relative } from "node:path";
import { SystemStartError } from "../errors.ts";
import type { ReportedError } from "../supervise-report.ts";
import type { SupervisionRequest } from "../supervision.ts";

const shownLines = 12;

/** Paths are shown relative to `directory`. */
export function startFailureFrom(
  error: ReportedError,
  request: Pick<SupervisionRequest, "plan" | "stateDir">,
  directory: string,
): SystemStartError {
  const { system } = request.plan;
  const { detail } = error;
  const lines = Array.isArray(detail["lastLines"]) ? detail["lastLines"].map(String) : [];
  const failed = [detail["part"], detail["store"]].filter((each) => typeof each === "string");
  const message =
    lines.length === 0 ? error.message : (error.message.split("; it wrote:")[0] ?? "");
  const hints = lines.slice(-shownLines).map((line) => `│ ${readable(line)}`);
  hints.push(...adviceFor(error, logFile(request.stateDir, directory)));
  return new SystemStartError(message, { system, failed }, hints);
}

function adviceFor(
  { code, detail }: ReportedError,
  logOf: (instance: string) => string,
): readonly string[] {
  const { instance } = detail;
  if (code === "PART_START_FAILED" && typeof instance === "string") {
    return [
      `All it wrote is in ${logOf(instance)}`,
      "Correct it and try again; `--keep` leaves the rest running, to look around.",
    ];
  }
  if (code === "STORE_START_FAILED") {
    return ["`ashlar doctor` looks at what a database needs on this machine."];
  }
  if (code === "PORT_IN_USE") return ["End the other program, or `ashlar down` the other system."];
  return code === "UNEXPECTED" ? [`More is in ${logOf("supervisor")}`] : [];
}

function logFile(stateDir: string, directory: string): (instance: string) => string {
  return (instance) => {
    const file = join(stateDir, "logs", `${instance}.log`);
    const fromHere = relative(directory, file);
    return fromHere.startsWith("..") ? file : fromHere;
  };
}

/** Said by the process about itself, where it is shown already. */
const framing: ReadonlySet<string> = new Set([
  "time",
  "level",
  "text",
  "part",
  "instance",
  "system",
  "stack",
]);

/** The text of a JSON log line with what else it says, so that people need not read JSON. */
function readable(line: string): string {
  try {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof entry["text"] !== "string") return line;
    const rest = Object.entries(entry).filter(([name]) => !framing.has(name));
    return [entry["text"], ...rest.map(([name, value]) => `${name}=${describe(value)}`)].join("  ");
  } catch {
    return line;
  }
}

function describe(error: unknown): string {
  if (typeof error === "string") return error;
  const message = (error as { readonly message?: unknown } | null)?.message;
  return typeof message === "string" ? message : JSON.stringify(error);
}
