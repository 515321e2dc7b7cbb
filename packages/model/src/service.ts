/**
 * Services: equal replicas that keep nothing of their own.
 *
 * @module
 */
import { type Part, type Programmed, part, type ScaledPartOptions } from "./part.ts";
import type { NoPorts, Ports } from "./port.ts";

export interface ServiceOptions<Declared extends Ports>
  extends ScaledPartOptions<Declared>,
    Programmed {}

/** A stateless part: any replica can answer any request. */
export function service<const Name extends string, const Declared extends Ports = NoPorts>(
  name: Name,
  options: ServiceOptions<Declared>,
): Part<Name, Declared, "service"> {
  return part("service", name, options);
}
