/**
 * Fills the gateway's telemetry port from `telemetry`.
 *
 * @module
 */
import type { GatewayMetricWriter, GatewaySpan, GatewayTelemetry } from "@ashlar/gateway";
import { extractTrace, injectTrace, type Telemetry } from "@ashlar/telemetry";

/** `records`: spans are collected somewhere; if not, opening them would only cost. */
export function gatewayTelemetry(telemetry: Telemetry, records: boolean): GatewayTelemetry {
  const { log, metrics, tracer } = telemetry;
  return {
    log,
    metrics: metrics as GatewayMetricWriter,
    tracer: {
      start: ({ method, route, parent }): GatewaySpan | undefined => {
        if (!records) return undefined;
        const caller = parent === undefined ? undefined : extractTrace({ traceparent: parent });
        const span = tracer.start(`${method} ${route}`, {
          kind: "server",
          attributes: { "http.request.method": method, "http.route": route },
          parent: caller ?? null,
        });
        const headers: Record<string, string> = {};
        injectTrace(span.context, headers);
        return {
          traceparent: headers["traceparent"] ?? "",
          end: ({ status }) => {
            span.set({ "http.response.status_code": status });
            if (status >= 500) span.fail(`status ${status}`);
            span.end();
          },
        };
      },
    },
  };
}
