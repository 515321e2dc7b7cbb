/**
 * The stream by which the storefront's services tell each other what happened.
 *
 * @module
 */
import type { EventStream } from "@ashlar/events";
import { openPostgresStream } from "@ashlar/postgres";
import { type ServiceContext, UseSchemeError } from "@ashlar/service";

type StreamContext = Pick<ServiceContext, "uses" | "environment" | "log" | "scope" | "identity">;

/** As the definition says of the stream: seven days. */
export const retentionMs: number = 7 * 86_400_000;

/** @throws {UseSchemeError} for an engine that has no adapter yet. */
export async function openEventStream(context: StreamContext): Promise<EventStream> {
  const { uses, environment, log, scope, identity } = context;
  const url = uses.url("EVENTS_URL");
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new UseSchemeError("EVENTS_URL", url.protocol.replace(":", ""), ["postgres"]);
  }
  return scope.own(
    await openPostgresStream({
      url: url.href,
      name: "events",
      kind: "log",
      retentionMs,
      environment,
      log,
      application: identity.instance,
    }),
  );
}
