/**
 * Environments: the same system in other sizes.
 *
 * @module
 */
import type { Size } from "@ashlar/foundation";
import type { ConfigValue } from "./config.ts";
import type { Resources } from "./resources.ts";
import type { Scale } from "./scale.ts";
import type { StoreOptions } from "./store.ts";

export interface EnvironmentOptions<PartName extends string> {
  /** A fixed number of replicas, of every part and store or by part; drops scaling by signals. */
  readonly replicas?: number | { readonly [Name in NoInfer<PartName>]?: number };
  /** What differs in scaling, by part. Wins over a general `replicas`. */
  readonly scale?: { readonly [Name in PartName]?: Scale };
  /** What differs in resources, by part. */
  readonly resources?: { readonly [Name in PartName]?: Resources };
  /** Values of configuration, by part and name. */
  readonly config?: { readonly [Name in PartName]?: Readonly<Record<string, ConfigValue>> };
  /** Sizes of volumes, by part and volume. */
  readonly volumes?: { readonly [Name in PartName]?: Readonly<Record<string, Size>> };
  /** Hosts, by gateway. */
  readonly hosts?: { readonly [Name in PartName]?: readonly string[] };
  /** What differs in stores, by store. */
  readonly stores?: Readonly<
    Record<
      string,
      Pick<
        StoreOptions,
        "realization" | "replicas" | "storage" | "storageClass" | "resources" | "maxConnections"
      >
    >
  >;
}

export interface Environment<PartName extends string = string> {
  readonly type: "environment";
  /** Carries the names to `defineSystem`, which refuses those it does not list. */
  readonly parts?: readonly PartName[];
}

/** One environment, by what differs in it from the definition: `environment({ replicas: 1 })`. */
export function environment<const PartName extends string = never>(
  options: EnvironmentOptions<PartName>,
): Environment<PartName> {
  return { ...options, type: "environment" };
}
