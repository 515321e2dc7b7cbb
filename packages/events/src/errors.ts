/**
 * The errors of this room.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";

/**
 * Thrown by `Outbox.append` and `EventStream.publish` for an event that is not of the agreed shape.
 * Names every violation. Not worth a retry: correct the producer.
 */
export class EventInvalidError extends CodedError<
  "EVENT_INVALID",
  { readonly key: string; readonly violations: readonly string[] }
> {
  constructor(key: string, violations: readonly string[]) {
    super("EVENT_INVALID", `event "${key}" is not valid: ${violations.join("; ")}`, {
      key,
      violations,
    });
  }
}

/**
 * Thrown by `Outbox.append` and `EventStream.publish` for an event whose JSON is larger than the
 * stream's `maxEventBytes`. Not worth a retry: put the body elsewhere and send a reference to it,
 * or raise the stream's limit in the system definition.
 */
export class EventTooLargeError extends CodedError<
  "EVENT_TOO_LARGE",
  { readonly key: string; readonly sizeBytes: number; readonly limitBytes: number }
> {
  constructor(key: string, sizeBytes: number, limitBytes: number) {
    super(
      "EVENT_TOO_LARGE",
      `event "${key}" has ${sizeBytes} bytes of JSON; the stream takes at most ${limitBytes}`,
      { key, sizeBytes, limitBytes },
    );
  }
}

/**
 * Thrown *by a handler* that will never accept this event. The event goes to the dead letters at
 * once instead of being tried again.
 */
export class EventRejectedError extends CodedError<
  "EVENT_REJECTED",
  { readonly key: string; readonly reason: string }
> {
  constructor(key: string, reason: string, options?: ErrorOptions) {
    super("EVENT_REJECTED", `event "${key}" was rejected: ${reason}`, { key, reason }, options);
  }
}

/**
 * The failure recorded for a handler that did not settle within `handlerTimeoutMs`; also the reason
 * of the abort that its signal gets. The event is delivered again after a back-off.
 */
export class EventHandlerTimeoutError extends CodedError<
  "EVENT_HANDLER_TIMEOUT",
  { readonly key: string; readonly limitMs: number }
> {
  constructor(key: string, limitMs: number) {
    super("EVENT_HANDLER_TIMEOUT", `event "${key}" was not handled within ${limitMs} ms`, {
      key,
      limitMs,
    });
  }
}

/**
 * Thrown by `EventStream.consume` where a queue, whose items go to one group only, already belongs
 * to another group; and by operations on a group that never consumed. Not worth a retry: use the
 * group that the message names, or declare the stream as a log.
 */
export class EventGroupError extends CodedError<
  "EVENT_GROUP_REFUSED",
  { readonly stream: string; readonly group: string; readonly known: readonly string[] }
> {
  constructor(stream: string, group: string, known: readonly string[]) {
    const others =
      known.length === 0 ? "no group has consumed it yet" : `known: ${known.join(", ")}`;
    super("EVENT_GROUP_REFUSED", `stream "${stream}" refuses group "${group}" (${others})`, {
      stream,
      group,
      known,
    });
  }
}

/**
 * The reason of the abort that a handler's signal gets when this consumer has lost the partition to
 * another one (it was paused for longer than its lease). What the handler did is not recorded; the
 * event is delivered by the new owner.
 */
export class EventLeaseLostError extends CodedError<
  "EVENT_LEASE_LOST",
  { readonly stream: string; readonly group: string; readonly partition: number }
> {
  constructor(stream: string, group: string, partition: number) {
    super(
      "EVENT_LEASE_LOST",
      `group "${group}" of stream "${stream}" lost partition ${partition} to another consumer`,
      { stream, group, partition },
    );
  }
}

/** The reason of the abort that handlers get when a consumer stops and its grace has run out. */
export class EventConsumerStoppedError extends CodedError<
  "EVENT_CONSUMER_STOPPED",
  { readonly stream: string; readonly group: string }
> {
  constructor(stream: string, group: string) {
    super("EVENT_CONSUMER_STOPPED", `the consumer "${group}" of stream "${stream}" has stopped`, {
      stream,
      group,
    });
  }
}
