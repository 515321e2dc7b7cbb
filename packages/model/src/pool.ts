/**
 * Node pools: groups of equal machines in a cluster.
 *
 * @module
 */
import type { Cpu, Size } from "@ashlar/foundation";

export interface Pool<Name extends string = string> {
  readonly type: "pool";
  readonly name: Name;
}

export interface PoolOptions {
  /** Cores of one machine: `"8"`. */
  readonly cpu: Cpu;
  /** Memory of one machine: `"16Gi"`. */
  readonly memory: Size;
  /** Fewest machines, 0 or more. */
  readonly min: number;
  /** Most machines, at least `min` and at least 1. */
  readonly max: number;
  /** Labels of its machines. Default: `{ pool: <name> }`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Taints as `key=value:Effect`; parts that name the pool tolerate them. Default: none. */
  readonly taints?: readonly string[];
  /** Machines that the provider may take back at any time. Default `false`. */
  readonly spot?: boolean;
}

/** A node pool; a part chooses it by `placement: { pool }`. */
export function pool<const Name extends string>(name: Name, options: PoolOptions): Pool<Name> {
  return { type: "pool", name, ...options };
}
