/**
 * Opens an address in the reader's browser, where there is one.
 *
 * @module
 */
import { spawn } from "node:child_process";
import type { Cli } from "./cli.ts";

/** False where there is no terminal or no display to open anything on. */
export function canOpenBrowser(cli: Cli): boolean {
  if (!cli.out.isTerminal) return false;
  if (process.platform === "darwin" || process.platform === "win32") return true;
  const { variables } = cli;
  return (
    (variables["DISPLAY"] ?? variables["WAYLAND_DISPLAY"] ?? variables["BROWSER"]) !== undefined
  );
}

/** Tries, and is content if it does not work: the address was printed. */
export function openInBrowser(cli: Cli, address: string): void {
  if (!canOpenBrowser(cli)) return;
  const browser = cli.variables["BROWSER"];
  const [command, args] = browserCommand(address, browser);
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

function browserCommand(address: string, browser: string | undefined): [string, readonly string[]] {
  if (process.platform === "darwin") return ["open", [address]];
  if (process.platform === "win32") return ["explorer.exe", [address]];
  return browser === undefined ? ["xdg-open", [address]] : [browser, [address]];
}
