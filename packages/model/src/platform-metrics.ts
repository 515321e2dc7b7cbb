/**
 * Metrics that no part exports and the platform does: Prometheus itself, the kubelet,
 * kube-state-metrics. Alerts may name them like any other.
 *
 * @module
 */
import { type Counter, counter, type Gauge, gauge } from "@ashlar/foundation";

interface Bounded {
  readonly maxValues: number;
}
const one: Bounded = { maxValues: 1_000 };
const podLabels: Readonly<Record<"namespace" | "pod" | "container", Bounded>> = {
  namespace: one,
  pod: one,
  container: one,
};
const claimLabels: Readonly<Record<"namespace" | "persistentvolumeclaim", Bounded>> = {
  namespace: one,
  persistentvolumeclaim: one,
};
const hpaLabels: Readonly<Record<"namespace" | "horizontalpodautoscaler", Bounded>> = {
  namespace: one,
  horizontalpodautoscaler: one,
};

/** 1 while the target was scraped, 0 while it was not. */
export const up: Gauge<Record<never, never>> = gauge("up", {
  help: "Whether the last scrape succeeded.",
});

export const volumeUsedBytes: Gauge<typeof claimLabels> = gauge("kubelet_volume_stats_used_bytes", {
  help: "Bytes used on a volume.",
  labels: claimLabels,
});

export const volumeCapacityBytes: Gauge<typeof claimLabels> = gauge(
  "kubelet_volume_stats_capacity_bytes",
  { help: "Bytes that a volume holds.", labels: claimLabels },
);

export const containerRestartsTotal: Counter<typeof podLabels> = counter(
  "kube_pod_container_status_restarts_total",
  { help: "Restarts of a container.", labels: podLabels },
);

export const containerMemoryBytes: Gauge<typeof podLabels> = gauge(
  "container_memory_working_set_bytes",
  { help: "Memory of a container that cannot be given back.", labels: podLabels },
);

export const containerCpuSecondsTotal: Counter<typeof podLabels> = counter(
  "container_cpu_usage_seconds_total",
  { help: "CPU time used by a container.", labels: podLabels },
);

const limitLabels: typeof podLabels & { readonly resource: readonly ["cpu", "memory"] } = {
  ...podLabels,
  resource: ["cpu", "memory"],
};

export const containerLimits: Gauge<typeof limitLabels> = gauge(
  "kube_pod_container_resource_limits",
  { help: "Limit of a container, in cores or bytes.", labels: limitLabels },
);

export const autoscalerReplicas: Gauge<typeof hpaLabels> = gauge(
  "kube_horizontalpodautoscaler_status_current_replicas",
  { help: "Replicas that a horizontal autoscaler sees.", labels: hpaLabels },
);

export const autoscalerReplicasMax: Gauge<typeof hpaLabels> = gauge(
  "kube_horizontalpodautoscaler_spec_max_replicas",
  { help: "Replicas that a horizontal autoscaler may reach.", labels: hpaLabels },
);

/** All of the above. */
export const platformMetrics: readonly (Gauge | Counter)[] = [
  up,
  volumeUsedBytes,
  volumeCapacityBytes,
  containerRestartsTotal,
  containerMemoryBytes,
  containerCpuSecondsTotal,
  containerLimits,
  autoscalerReplicas,
  autoscalerReplicasMax,
];
