/**
 * Stateful parts: replicas with a name, a disk and peers of their own (nodes, validators).
 *
 * @module
 */
import { type Part, type Programmed, part, type ScaledPartOptions } from "./part.ts";
import type { NoPorts, Ports } from "./port.ts";
import type { PartitionedRollout } from "./rollout.ts";
import type { Peers, Use, UseTarget } from "./use.ts";

export interface StatefulOptions<Declared extends Ports>
  extends Omit<ScaledPartOptions<Declared>, "uses" | "rollout">,
    Programmed {
  /** What it depends on; `peers("grpc")` stands for its own other replicas. */
  readonly uses?: readonly (UseTarget | Use | Peers<NoInfer<keyof Declared & string>>)[];
  /** `ordered`: each ready before the next. `parallel`: for a quorum to form. Default `parallel`. */
  readonly start?: "ordered" | "parallel";
  /** Replicas that must live: a number, or more than half. Default: any one suffices. */
  readonly quorum?: number | "majority";
  /** Only by partition: a named replica cannot exist twice. */
  readonly rollout?: PartitionedRollout;
}

/** A part whose replicas are named (`nodes-0`, `nodes-1`) and may keep disks of their own. */
export function stateful<const Name extends string, const Declared extends Ports = NoPorts>(
  name: Name,
  options: StatefulOptions<Declared>,
): Part<Name, Declared, "stateful"> {
  return part("stateful", name, options);
}
