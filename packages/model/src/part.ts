/**
 * What all parts have in common: the options that each of them takes.
 *
 * @module
 */
import type { Duration, Metric } from "@ashlar/foundation";
import type { ConfigDeclaration } from "./config.ts";
import type { Namespace } from "./namespace.ts";
import type { PartKind } from "./plan/part.ts";
import type { Pool } from "./pool.ts";
import { type NoPorts, type PortRefs, type Ports, portRefs } from "./port.ts";
import type { Probes } from "./probe.ts";
import type { Program } from "./program.ts";
import type { Resources } from "./resources.ts";
import type { Rollout } from "./rollout.ts";
import type { Scale } from "./scale.ts";
import type { SecretKeyRef } from "./secret.ts";
import type { Use, UseTarget } from "./use.ts";
import type { Volume } from "./volume.ts";
import type { Waiver } from "./waiver.ts";

/** Something that runs. Others refer to its `ports`. */
export interface Part<
  Name extends string = string,
  Declared extends Ports = Ports,
  Kind extends PartKind = PartKind,
> {
  readonly kind: Kind;
  readonly name: Name;
  readonly ports: PortRefs<Name, Declared>;
}

/** A part of any kind with any ports. */
export interface AnyPart<Name extends string = string> {
  readonly kind: PartKind;
  readonly name: Name;
  readonly ports: object;
}

export interface Placement {
  /** What yields first when room is short. Default `normal`. */
  readonly priority?: "critical" | "high" | "normal";
  /** Node pool that it must run on. Default: any node. */
  readonly pool?: Pool;
  /** Over what its replicas are spread evenly. Default `["host", "zone"]`. */
  readonly spread?: readonly ("host" | "zone")[];
  /** May two replicas share a host? `required`: never. Default `preferred`: rather not. */
  readonly antiAffinity?: "required" | "preferred" | "none";
}

export interface Disruption {
  /** Replicas that may be taken away at once on purpose. Default: 1, or what the quorum allows. */
  readonly maxUnavailable: number;
}

export interface Stop {
  /** From SIGTERM to SIGKILL. Default `"30s"`. */
  readonly grace?: Duration;
  /** Between unready and SIGTERM, for routers to notice. Default `"5s"`. */
  readonly drain?: Duration;
}

export interface Restart {
  /** Wait before the first restart after a crash. Default `"500ms"`. */
  readonly initial?: Duration;
  /** Longest wait. Default `"30s"`. */
  readonly max?: Duration;
  /** Alive for this long, its crashes are forgotten. Default `"2m"`. */
  readonly reset?: Duration;
}

export interface PartOptions<Declared extends Ports = Ports> {
  /** What it does, in one sentence. Default: empty. */
  readonly summary?: string;
  /** Default: the system's only namespace. Needed where there are several. */
  readonly namespace?: Namespace;
  /** What it listens on, by name. Default: nothing. */
  readonly ports?: Declared;
  /** What it depends on. Nothing else can be reached. Default: nothing. */
  readonly uses?: readonly (UseTarget | Use)[];
  /** Its typed configuration, made by `config`. Default: none. */
  readonly config?: ConfigDeclaration;
  /** Keys of secrets that it is given. Default: none. */
  readonly secrets?: readonly SecretKeyRef[];
  /**
   * Metrics that it exports on its `ops` port. The standard metrics of a process, and of HTTP where
   * it has an HTTP port, are added for Node programs. Default: none of its own.
   */
  readonly metrics?: Readonly<Record<string, Metric>> | readonly Metric[];
  /** Disks. Default: none. */
  readonly volumes?: readonly Volume[];
  /** Default: `/healthz` and `/readyz` of its `ops` port, or a connection to its main port. */
  readonly probes?: Probes<NoInfer<keyof Declared & string>>;
  readonly resources?: Resources;
  readonly placement?: Placement;
  readonly stop?: Stop;
  readonly restart?: Restart;
  /** Checks that it may break, with reason and end. Default: none. */
  readonly waivers?: readonly Waiver[];
}

export interface ScaledPartOptions<Declared extends Ports = Ports> extends PartOptions<Declared> {
  /** How many replicas; a number is a fixed number. */
  readonly scale?: Scale | number;
  readonly disruption?: Disruption;
  readonly rollout?: Rollout;
}

export interface Programmed {
  /** What runs. */
  readonly program: Program;
}

/** Builds a part: its options as given, with the declared ports turned into references. */
export function part<
  const Kind extends PartKind,
  const Name extends string,
  const Declared extends Ports = NoPorts,
>(kind: Kind, name: Name, options: { readonly ports?: Declared }): Part<Name, Declared, Kind> {
  const declared = options.ports ?? ({} as Declared);
  return { ...options, kind, name, ports: portRefs(name, declared) };
}
