/**
 * Streams of events and queues of work.
 *
 * A part publishes (`uses: [events.publish]`) or consumes as a group (`events.consume("mail")`).
 *
 * @module
 */
import type { Duration, Size } from "@ashlar/foundation";
import type { Namespace } from "./namespace.ts";

/** One part's role in a stream. */
export interface StreamUse<Name extends string = string> {
  readonly type: "streamUse";
  readonly stream: Name;
  readonly role: "publish" | "consume";
  readonly group: string;
}

export interface Stream<Name extends string = string> {
  readonly type: "stream";
  readonly name: Name;
  /** The right to publish. */
  readonly publish: StreamUse<Name>;
  /** The right to consume as a member of `group`: each event reaches one member of each group. */
  consume(group: string): StreamUse<Name>;
}

export interface QueueOptions {
  /** What it carries, in one sentence. */
  readonly summary?: string;
  /** Default: the system's only namespace. */
  readonly namespace?: Namespace;
  /** Engine in a cluster; one machine uses PostgreSQL tables. Default `nats`. */
  readonly engine?: "nats" | "kafka";
  /** Independent lanes; events of one subject share one. Default 8. */
  readonly partitions?: number;
  /** How long events are kept. Default `"7d"`. */
  readonly retention?: Duration;
  /** Largest event, at most 1Mi. Default `"256Ki"`. */
  readonly maxEventSize?: Size;
  /** Attempts before an event is set aside as a dead letter, 1 or more. Default 8. */
  readonly maxDeliveries?: number;
}

export interface StreamOptions extends QueueOptions {
  /** `log`: every group sees every event. `queue`: one worker takes each item. */
  readonly kind: "log" | "queue";
}

/** A stream of events. */
export function stream<const Name extends string>(
  name: Name,
  options: StreamOptions,
): Stream<Name> {
  return {
    ...options,
    type: "stream",
    name,
    publish: { type: "streamUse", stream: name, role: "publish", group: "" },
    consume: (group) => ({ type: "streamUse", stream: name, role: "consume", group }),
  };
}
