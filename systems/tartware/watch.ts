/**
 * What is promised of tartware, and when a person must look.
 */
import {
  type Alert,
  alert,
  autoscalerReplicas,
  autoscalerReplicasMax,
  containerLimits,
  containerMemoryBytes,
  type Dashboard,
  dashboard,
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  httpRequestsTotal,
  type Objective,
  objective,
  panel,
  promql,
  up,
} from "@ashlar/model";
import { api } from "./edge.ts";
import { guardMetrics, workMetrics } from "./metrics.ts";
import { billing, reservations } from "./services.ts";

export const objectives: readonly Objective[] = [
  objective("edge-success", {
    summary: "Fewer than one request in a thousand fails at the edge.",
    part: api,
    good: promql`rate(${httpRequestsTotal}{part="api",status!~"5.."}[5m])`,
    total: promql`rate(${httpRequestsTotal}{part="api"}[5m])`,
    target: 0.999,
  }),
  objective("edge-p95", {
    summary: "19 of 20 requests are answered within half a second.",
    part: api,
    latency: httpRequestDurationSeconds,
    threshold: "500ms",
    target: 0.95,
  }),
  objective("edge-p99", {
    summary: "99 of 100 requests are answered within a second.",
    part: api,
    latency: httpRequestDurationSeconds,
    threshold: "1s",
    target: 0.99,
  }),
  objective("reservation-commands", {
    summary: "Reservation commands are carried out within half a second.",
    part: reservations,
    latency: workMetrics.commandSeconds,
    threshold: "500ms",
    target: 0.95,
  }),
  objective("billing-success", {
    summary: "Billing answers.",
    part: billing,
    good: promql`rate(${httpRequestsTotal}{part="billing",status!~"5.."}[5m])`,
    total: promql`rate(${httpRequestsTotal}{part="billing"}[5m])`,
    target: 0.999,
  }),
];

export const alerts: readonly Alert[] = [
  alert("HighRequestRate", {
    summary: "More than 25,000 requests a second for a minute.",
    runbook: "See who calls; check that scaling follows and that rate limits hold.",
    when: promql`sum(rate(${httpRequestsTotal}{part="api"}[1m])) > 25000`,
    for: "1m",
  }),
  alert("HighLatency", {
    summary: "The edge's 95th percentile is above half a second.",
    runbook: "Find the slow route on the dashboard, then its service and its queries.",
    when: promql`histogram_quantile(0.95,
      sum by (le) (rate(${httpRequestDurationSeconds}_bucket{part="api"}[5m]))) > 0.5`,
    for: "2m",
  }),
  alert("HighErrorRatio", {
    summary: "More than one request in a hundred fails in a service.",
    runbook: "Look at the service's logs by correlation id; roll back if a release is under way.",
    when: promql`sum by (part) (rate(${httpRequestsTotal}{status=~"5.."}[5m]))
      / sum by (part) (rate(${httpRequestsTotal}[5m])) > 0.01`,
    for: "2m",
    severity: "critical",
  }),
  alert("DatabasePoolSaturation", {
    summary: "A connection pool is more than four fifths in use.",
    runbook: "Look for slow queries before raising POOL_MAX: the database has a limit too.",
    when: promql`max by (part) (${workMetrics.poolUse}) > 0.8`,
    for: "5m",
  }),
  alert("MemoryHigh", {
    summary: "A container uses more than 85 % of its memory.",
    runbook: "Compare with the heap; raise the limit or find what is kept.",
    when: promql`${containerMemoryBytes}{namespace="tartware"}
      / ${containerLimits}{namespace="tartware",resource="memory"} > 0.85`,
    for: "5m",
  }),
  alert("ScaledToTheMaximum", {
    summary: "A service has been at its maximum for ten minutes.",
    runbook: "Raise the maximum in the definition, after `audit` has checked the capacity.",
    when: promql`${autoscalerReplicas}{namespace="tartware"}
      >= ${autoscalerReplicasMax}{namespace="tartware"}`,
    for: "10m",
  }),
  alert("CommandsWaiting", {
    summary: "More than ten thousand commands wait.",
    runbook: "See which group is behind; look at its dead letters.",
    when: promql`sum by (part) (${workMetrics.commandsWaiting}) > 10000`,
    for: "5m",
  }),
  alert("ServiceDown", {
    summary: "A replica cannot be scraped.",
    runbook: "kubectl describe pod; look at the last termination reason.",
    when: promql`${up}{namespace="tartware"} == 0`,
    for: "1m",
    severity: "critical",
  }),
];

export const overview: Dashboard = dashboard("overview", {
  title: "Tartware",
  panels: [
    panel("Requests by service", {
      unit: "perSecond",
      queries: { requests: promql`sum by (part) (rate(${httpRequestsTotal}[5m]))` },
    }),
    panel("Latency at the edge", {
      unit: "seconds",
      queries: {
        p95: promql`histogram_quantile(0.95,
          sum by (le) (rate(${httpRequestDurationSeconds}_bucket{part="api"}[5m])))`,
        p99: promql`histogram_quantile(0.99,
          sum by (le) (rate(${httpRequestDurationSeconds}_bucket{part="api"}[5m])))`,
      },
    }),
    panel("Errors by service", {
      unit: "ratio",
      queries: {
        errors: promql`sum by (part) (rate(${httpRequestsTotal}{status=~"5.."}[5m]))
          / sum by (part) (rate(${httpRequestsTotal}[5m]))`,
      },
    }),
    panel("In flight", {
      unit: "count",
      queries: { requests: promql`sum by (part) (${httpRequestsInFlight})` },
    }),
    panel("Commands", {
      unit: "perSecond",
      queries: { ended: promql`sum by (command, outcome) (rate(${workMetrics.commands}[5m]))` },
    }),
    panel("Commands waiting", {
      unit: "count",
      queries: { waiting: promql`sum by (part) (${workMetrics.commandsWaiting})` },
    }),
    panel("Refused overbookings", {
      unit: "perSecond",
      queries: { refused: promql`sum(rate(${guardMetrics.overbookingsRefused}[5m]))` },
    }),
  ],
});
