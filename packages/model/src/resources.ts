/**
 * What one replica asks of its machine, and what it may not exceed.
 *
 * @module
 */
import type { Cpu, Size } from "@ashlar/foundation";

export interface Resources {
  /** Requested CPU: `"250m"`, `"2"`. Default `"100m"`. */
  readonly cpu?: Cpu;
  /** Most CPU; `"none"` lifts the limit and needs a waiver. Default: twice the request. */
  readonly cpuLimit?: Cpu | "none";
  /** Requested memory: `"256Mi"`. Default `"256Mi"`. */
  readonly memory?: Size;
  /** Most memory, beyond which the process is killed. Default: one and a half times the request. */
  readonly memoryLimit?: Size;
  /** Requested scratch space (logs, temporary files). Default `"64Mi"`. */
  readonly ephemeral?: Size;
  /** Most scratch space. Default: four times the request, or the same if guaranteed. */
  readonly ephemeralLimit?: Size;
  /** `guaranteed`: limits equal requests, last to be evicted. Default `burstable`. */
  readonly qos?: "guaranteed" | "burstable";
}

/** Resources by request and limit: `resources({ cpu: "500m", memory: "1Gi" })`. */
export function resources(options: Resources): Resources {
  return options;
}
