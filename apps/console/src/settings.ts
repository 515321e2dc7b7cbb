/**
 * What the supervisor tells the console in its environment, read once and checked whole.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConsoleSettingsError } from "./errors.ts";
import { isLoopback } from "./http/access.ts";

export interface ConsoleSettings {
  readonly system: string;
  /** A loopback address. */
  readonly host: string;
  readonly httpPort: number;
  /** Null: no mailbox. */
  readonly smtpPort: number | null;
  /** Null: no health address. */
  readonly opsPort: number | null;
  /** Path of the supervisor's control socket. */
  readonly control: string;
  /** At least 16 characters. */
  readonly token: string;
  /** Where the bundled page is kept between starts; null: nowhere. */
  readonly cacheDir: string | null;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws {ConsoleSettingsError} naming every variable that is missing or wrong. */
export function parseConsoleSettings(variables: Variables): ConsoleSettings {
  const violations: string[] = [];
  const text = (name: string): string => {
    const value = variables[name] ?? "";
    if (value === "") violations.push(`${name} is missing`);
    return value;
  };
  const port = (name: string): number | null => {
    const value = variables[name];
    if (value === undefined || value === "") return null;
    const number = Number(value);
    if (!Number.isInteger(number) || number < 0 || number > 65_535) {
      violations.push(`${name}="${value}" is not a port number`);
    }
    return number;
  };
  const host = variables["ASHLAR_HOST"] ?? "127.0.0.1";
  if (!isLoopback(host)) {
    violations.push(`ASHLAR_HOST="${host}" is not a loopback address`); // CN1
  }
  const httpPort = port("ASHLAR_PORT_HTTP");
  if (httpPort === null) violations.push("ASHLAR_PORT_HTTP is missing");
  const plan = variables["ASHLAR_PLAN"] ?? "";
  const settings: ConsoleSettings = {
    system: text("ASHLAR_SYSTEM"),
    host,
    httpPort: httpPort ?? 0,
    smtpPort: port("ASHLAR_PORT_SMTP"),
    opsPort: port("ASHLAR_PORT_OPS"),
    control: text("ASHLAR_CONTROL"),
    token: readToken(text("ASHLAR_CONSOLE_TOKEN_FILE"), violations),
    cacheDir: plan === "" ? null : join(dirname(plan), "cache", "console"),
  };
  if (violations.length > 0) throw new ConsoleSettingsError(violations);
  return settings;
}

function readToken(path: string, violations: string[]): string {
  if (path === "") return "";
  try {
    const token = readFileSync(path, "utf8").trim();
    if (token.length < 16) violations.push(`the token in ${path} is shorter than 16 characters`);
    return token;
  } catch (error) {
    violations.push(`ASHLAR_CONSOLE_TOKEN_FILE="${path}" cannot be read: ${String(error)}`);
    return "";
  }
}
