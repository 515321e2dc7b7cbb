/**
 * The console's program: joins the settings, the control socket and the real world.
 *
 * @module
 */
import type { Log, LogFields } from "@ashlar/foundation";
import { describeError } from "@ashlar/foundation";
import { ControlClient } from "@ashlar/local";
import { realEnvironment, untilStopped } from "@ashlar/program";
import { openConsole } from "./console.ts";
import { parseConsoleSettings } from "./settings.ts";

const log = jsonLog({});

try {
  const settings = parseConsoleSettings(process.env);
  await using console = await openConsole({
    settings,
    control: ControlClient.at(settings.control),
    environment: realEnvironment(),
    log,
  });
  log.info("console listening", { port: console.port });
  await untilStopped();
} catch (error) {
  log.error(describeError(error));
  process.exitCode = 1;
}

/** One JSON line a message. The full log of `telemetry` would double what an idle console costs. */
function jsonLog(bound: LogFields): Log {
  const write =
    (level: string) =>
    (text: string, fields: LogFields = {}): void => {
      const line = { time: new Date().toISOString(), level, text, ...bound, ...fields };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    };
  return {
    debug: () => undefined,
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (fields) => jsonLog({ ...bound, ...fields }),
  };
}
