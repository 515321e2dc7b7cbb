/**
 * The definition of a whole system.
 *
 * @module
 */
import type { Alert } from "./alert.ts";
import type { Dashboard } from "./dashboard.ts";
import type { Environment } from "./environment.ts";
import type { External } from "./external.ts";
import type { Load } from "./load.ts";
import type { Namespace } from "./namespace.ts";
import type { Objective } from "./objective.ts";
import type { AnyPart } from "./part.ts";
import type { Pool } from "./pool.ts";
import type { Secret } from "./secret.ts";
import type { Store } from "./store.ts";
import type { Stream } from "./stream.ts";
import type { Use, UseTarget } from "./use.ts";

export interface SystemOptions<PartName extends string> {
  /** DNS label of at most 40 characters. */
  readonly name: string;
  /** What it is, in one sentence. */
  readonly summary?: string;
  /** Who answers for it. */
  readonly owner: { readonly team: string; readonly email: string };
  /** Version of its images. Default `0.1.0`. */
  readonly version?: string;
  /** Where its images are: `registry.example.com/shop`. Default: the system's name alone. */
  readonly registry?: string;
  /** Default: one with the system's name. */
  readonly namespaces?: readonly Namespace[];
  /** Everything that runs, at least one part. */
  readonly parts: readonly AnyPart<PartName>[];
  readonly stores?: readonly Store[];
  readonly streams?: readonly Stream[];
  readonly externals?: readonly External[];
  readonly secrets?: readonly Secret[];
  readonly pools?: readonly Pool[];
  readonly objectives?: readonly Objective[];
  readonly alerts?: readonly Alert[];
  readonly dashboards?: readonly Dashboard[];
  readonly loads?: readonly Load[];
  /** Uses that could not be said where the part was declared, because they close a cycle. */
  readonly uses?: readonly (readonly [AnyPart, UseTarget | Use])[];
  /** By name: `dev`, `small`, `large`, and others. Default: `dev` as defined. */
  readonly environments?: Readonly<Record<string, Environment<NoInfer<PartName>>>>;
}

export interface SystemDefinition<PartName extends string = string>
  extends SystemOptions<PartName> {
  readonly type: "system";
}

/**
 * A system. This only gathers what is listed; `check` judges it and `plan` makes it ready to run.
 */
export function defineSystem<const PartName extends string>(
  options: SystemOptions<PartName>,
): SystemDefinition<PartName> {
  return { ...options, type: "system" };
}
