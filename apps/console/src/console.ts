/**
 * The console as one resource: opened with its settings, closed as a whole.
 *
 * @module
 */
import { type Environment, type Log, Scope } from "@ashlar/foundation";
import type { SystemControl } from "./control.ts";
import { Access } from "./http/access.ts";
import { openSmtp } from "./mail/smtp.ts";
import type { Scrape } from "./metrics/collector.ts";
import { httpScrape } from "./metrics/scrape.ts";
import { openOps } from "./ops.ts";
import { lazyPageBundle } from "./page-bundle.ts";
import { apiRoutes } from "./routes/api.ts";
import { pageRoutes } from "./routes/pages.ts";
import { streamRoutes } from "./routes/streams.ts";
import { mailRoutes, traceRoutes } from "./routes/telemetry.ts";
import { openServer } from "./server.ts";
import type { ConsoleSettings } from "./settings.ts";
import { ConsoleState } from "./state.ts";

export interface ConsoleOptions {
  readonly settings: ConsoleSettings;
  readonly control: SystemControl;
  readonly environment: Environment;
  readonly log: Log;
  /** How metrics are read. Default: over HTTP from the replicas' ops ports. */
  readonly scrape?: Scrape;
}

export interface OpenConsole extends AsyncDisposable {
  /** The HTTP port that it really listens on. */
  readonly port: number;
  readonly state: ConsoleState;
}

/** Settles when it listens. The page is bundled meanwhile; it never delays readiness. */
export async function openConsole(options: ConsoleOptions): Promise<OpenConsole> {
  const { settings, control, environment, log } = options;
  const { host, system } = settings;
  const scope = new Scope();
  try {
    const scrape = options.scrape ?? scope.own(httpScrape(host));
    const state = new ConsoleState({ system, control, environment, log, scrape });
    const access = new Access(settings.token, system);
    const bundle = lazyPageBundle(settings.cacheDir);
    const server = scope.own(
      await openServer({
        host,
        port: settings.httpPort,
        access,
        log,
        routes: [
          ...pageRoutes({ access, bundle, system }),
          ...apiRoutes(state),
          ...streamRoutes(state),
          ...traceRoutes(state),
          ...mailRoutes(state),
        ],
      }),
    );
    scope.defer(() => state.streams.close());
    if (settings.smtpPort !== null) {
      const { mailbox } = state;
      scope.own(await openSmtp({ host, port: settings.smtpPort, mailbox, log }));
    }
    const running = state.run(scope.signal).catch((error: unknown) => {
      if (!scope.signal.aborted) log.error("the watch failed", { error: String(error) });
    });
    scope.defer(async () => await running);
    if (settings.opsPort !== null) {
      scope.own(await openOps({ host, port: settings.opsPort, gauges: () => gaugesOf(state) }));
    }
    bundle().catch((error: unknown) => log.error("no page", { error: String(error) }));
    return { port: server.port, state, [Symbol.asyncDispose]: () => scope.close() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

function gaugesOf({ traces, mailbox, streams }: ConsoleState): Record<string, number> {
  const { traces: held, spans, bytes } = traces.size;
  return {
    console_traces_held: held,
    console_spans_held: spans,
    console_trace_bytes: bytes,
    console_mails_held: mailbox.count,
    console_open_streams: streams.count,
  };
}
