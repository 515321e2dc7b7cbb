/**
 * Everything that the console holds while it runs; the routes read it, the loops fill it.
 *
 * @module
 */
import type { Environment, Log } from "@ashlar/foundation";
import { type SystemControl, SystemWatch } from "./control.ts";
import { EventStreams } from "./http/event-stream.ts";
import { LiveHub } from "./live.ts";
import { Mailbox } from "./mail/mailbox.ts";
import { Collector, type Scrape } from "./metrics/collector.ts";
import { type Overview, overviewOf } from "./overview.ts";
import { TraceReceiver } from "./traces/receiver.ts";
import { TraceStore } from "./traces/trace-store.ts";

export interface ConsoleStateOptions {
  readonly system: string;
  readonly control: SystemControl;
  readonly environment: Environment;
  readonly log: Log;
  readonly scrape: Scrape;
}

export class ConsoleState {
  readonly environment: Environment;
  readonly log: Log;
  readonly control: SystemControl;
  readonly watch: SystemWatch;
  readonly collector: Collector;
  readonly traces: TraceStore;
  readonly receiver: TraceReceiver;
  readonly mailbox: Mailbox;
  readonly streams: EventStreams = new EventStreams();
  readonly live: LiveHub = new LiveHub();
  readonly #system: string;

  constructor({ system, control, environment, log, scrape }: ConsoleStateOptions) {
    this.#system = system;
    this.environment = environment;
    this.log = log;
    this.control = control;
    const announce = (): void => this.#announce();
    this.watch = new SystemWatch({
      control,
      environment,
      onStatus: announce,
      onEvent: (event) => this.live.publish("event", event),
    });
    this.collector = new Collector({
      clock: environment.clock,
      scrape,
      status: () => this.watch.status,
      opsPort: (part) => this.#opsPort(part),
      onRound: announce,
    });
    this.traces = new TraceStore(environment.clock);
    this.receiver = new TraceReceiver(this.traces, environment.clock);
    this.mailbox = new Mailbox(environment, announce);
  }

  overview(): Overview {
    return overviewOf({
      nowMs: this.environment.clock.wallMs(),
      system: this.#system,
      watch: this.watch,
      collector: this.collector,
      mails: { count: this.mailbox.count, received: this.mailbox.received },
      spansReceived: this.traces.size.received,
    });
  }

  /** Watches and measures until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.watch.run(signal), this.collector.run(signal)]);
  }

  #announce(): void {
    if (this.live.count > 0) this.live.publish("overview", this.overview());
  }

  /** A part may call its ops port as it likes; the Plan says which one it is. */
  #opsPort(part: string): string {
    const ports = Object.values(this.watch.plan?.parts[part]?.ports ?? {});
    return ports.find((each) => each.exposure === "ops")?.name ?? "ops";
  }
}
