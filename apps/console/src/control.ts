/**
 * What the console knows of the running system, kept fresh from the supervisor's control socket.
 *
 * The supervisor decides and the console shows: nothing here changes the system.
 *
 * - CN9  While the supervisor is away the last known state stays readable, is marked as stale with
 *        the reason, and the watch goes on trying.
 *
 * @module
 */
import { backoffMs, describeError, type Environment } from "@ashlar/foundation";
import type { SupervisorEvent, SystemControl, SystemStatus } from "@ashlar/local";
import type { Plan } from "@ashlar/model";
import { Ring } from "./ring.ts";

export type {
  LogLevel,
  LogLine,
  LogQuery,
  SupervisorEvent,
  SystemControl,
  SystemStatus,
} from "@ashlar/local";

/** What the page shows of the supervisor's reachability. */
export interface Connection {
  readonly connected: boolean;
  /** Why not; empty when connected. */
  readonly reason: string;
  /** Unix milliseconds of the status that is shown; zero before the first. */
  readonly statusAtMs: number;
}

export interface NumberedEvent {
  /** Counts from 1 and never repeats in the life of the console. */
  readonly id: number;
  readonly event: SupervisorEvent;
}

const eventsMax = 1_000;
const eventBytesMax = 2 * 2 ** 20;
/** Between two looks at the status when nothing was reported. */
const refreshMs = 2_000;
/** Events come in bursts: one look at the status serves all within this time. */
const settleMs = 100;

export interface WatchOptions {
  readonly control: SystemControl;
  readonly environment: Environment;
  readonly onStatus?: () => void;
  readonly onEvent?: (event: NumberedEvent) => void;
}

export class SystemWatch {
  readonly #options: WatchOptions;
  readonly #events = new Ring<NumberedEvent>({
    countMax: eventsMax,
    bytesMax: eventBytesMax,
    sizeOf: ({ event }) => (event.type === "notice" ? 2_000 : 600),
  });
  #status: SystemStatus | undefined;
  #plan: Plan | undefined;
  #connection: Connection = { connected: false, reason: "not asked yet", statusAtMs: 0 };
  #eventId = 0;
  #refreshing: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get status(): SystemStatus | undefined {
    return this.#status;
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Newest last. */
  get events(): readonly NumberedEvent[] {
    return this.#events.items();
  }

  /** Watches until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#pollStatus(signal), this.#followEvents(signal)]);
  }

  /** Asks for the status now; calls that come while one is under way share it. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const { control, environment, onStatus } = this.#options;
    try {
      this.#plan ??= await control.plan();
      this.#status = await control.status();
      this.#connection = { connected: true, reason: "", statusAtMs: environment.clock.wallMs() };
    } catch (error) {
      this.#connection = {
        ...this.#connection,
        connected: false,
        reason: describeError(error), // CN9
      };
    }
    onStatus?.();
  }

  async #pollStatus(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh();
      await this.#options.environment.clock.sleep(refreshMs, signal);
    }
  }

  async #followEvents(signal: AbortSignal): Promise<void> {
    const { control, environment } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        for await (const event of control.events(signal)) {
          attempt = 1;
          this.#record(event);
          this.#refreshSoon(signal);
        }
      } catch {
        // The status poll reports that the supervisor is away; here it is enough to come back.
      }
      const waitMs = backoffMs(
        { initialMs: 250, maxMs: 3_000 },
        attempt,
        environment.entropy.fraction(),
      );
      await environment.clock.sleep(waitMs, signal);
    }
  }

  #record(event: SupervisorEvent): void {
    const numbered = { id: ++this.#eventId, event };
    this.#events.push(numbered);
    this.#options.onEvent?.(numbered);
  }

  /** A burst of events is under way, and the look at the status that follows it is booked. */
  #booked = false;

  #refreshSoon(signal: AbortSignal): void {
    if (this.#booked) return;
    this.#booked = true;
    this.#options.environment.clock
      .sleep(settleMs, signal)
      .then(() => {
        this.#booked = false;
        return this.refresh();
      })
      .catch(() => undefined);
  }
}
