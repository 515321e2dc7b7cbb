/**
 * Queues of work: each item is done by one worker.
 *
 * @module
 */
import { type QueueOptions, type Stream, stream } from "./stream.ts";

/** A stream whose items are each taken by one worker. */
export function queue<const Name extends string>(
  name: Name,
  options: QueueOptions = {},
): Stream<Name> {
  return stream(name, { ...options, kind: "queue" });
}
