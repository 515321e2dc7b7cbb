/**
 * The gateway program: joins the gateway with telemetry, stores and the process.
 *
 * `ASHLAR_PLAN` and `ASHLAR_PART` say what to serve; see `settings.ts` for the rest. With the argument
 * `issue-key` or `hash-password` it makes a record for a credentials file instead.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { describeError, Scope } from "@ashlar/foundation";
import { openGateway, parseCredentialsFile } from "@ashlar/gateway";
import { realEnvironment, untilStopped } from "@ashlar/program";
import { openTelemetry, serveOps } from "@ashlar/telemetry";
import { NotListeningError } from "./errors.ts";
import { gatewayTelemetry } from "./gateway-telemetry.ts";
import { readSettings, type Settings } from "./settings.ts";
import { openStores } from "./stores.ts";

async function serve(settings: Settings): Promise<void> {
  const environment = realEnvironment();
  await using scope = new Scope();
  const { system, part, instance, otlpEndpoint, host } = settings;
  const telemetry = scope.own(
    openTelemetry({
      system,
      part,
      instance,
      environment,
      logLevel: settings.logLevel,
      sampleRatio: settings.sampleRatio,
      ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
    }),
  );
  const { log, health } = telemetry;
  let isListening = false;
  health.addCheck("listening", () => {
    if (!isListening) throw new NotListeningError();
  });
  scope.own(await serveOps({ host, port: settings.opsPort, telemetry }));
  const { sharedStateUrl: url, credentialsFile } = settings;
  const seed =
    credentialsFile === undefined
      ? undefined
      : parseCredentialsFile(readFileSync(credentialsFile, "utf8"));
  const stores = scope.own(await openStores({ url, log, environment, seed }));
  const gateway = scope.own(
    await openGateway({
      name: part,
      system,
      plan: settings.plan,
      addresses: settings.addresses,
      listen: { host, port: settings.port },
      environment,
      telemetry: gatewayTelemetry(telemetry, otlpEndpoint !== undefined),
      sharedRateLimits: stores.rateLimits,
      apiKeys: stores.apiKeys,
      passwords: stores.passwords,
      tls: settings.tls,
    }),
  );
  isListening = true;
  const scheme = settings.tls === undefined ? "http" : "https";
  log.info("gateway is ready", { address: `${scheme}://${host}:${gateway.port}` });
  const signal = await untilStopped();
  health.setStopping();
  log.info("gateway is stopping", { signal });
  await gateway.drain({ keepServingMs: settings.drainMs, graceMs: settings.graceMs });
  log.info("gateway has stopped");
}

if (process.argv[2] === "issue-key" || process.argv[2] === "hash-password") {
  const { runCredentialsCommand } = await import("./credentials-command.ts");
  process.exitCode = await runCredentialsCommand(process.argv.slice(2));
} else {
  try {
    await serve(readSettings(process.env));
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 1;
  }
}
