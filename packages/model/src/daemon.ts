/**
 * Daemons: one replica on every machine.
 *
 * @module
 */
import { type Part, type PartOptions, type Programmed, part } from "./part.ts";
import type { NoPorts, Ports } from "./port.ts";
import type { RollingRollout } from "./rollout.ts";

export interface DaemonOptions<Declared extends Ports> extends PartOptions<Declared>, Programmed {
  /**
   * Uses the machine's own network, which no restricted namespace allows: give it a namespace of
   * its own and the waiver `pod-security/host-network`. Default `false`.
   */
  readonly hostNetwork?: boolean;
  readonly rollout?: RollingRollout;
}

/** A part that runs once on every machine of its pool; once on one machine. */
export function daemon<const Name extends string, const Declared extends Ports = NoPorts>(
  name: Name,
  options: DaemonOptions<Declared>,
): Part<Name, Declared, "daemon"> {
  return part("daemon", name, options);
}
