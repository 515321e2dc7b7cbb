/**
 * User interfaces: what people open in a browser.
 *
 * @module
 */
import { type Part, type Programmed, part, type ScaledPartOptions } from "./part.ts";
import type { NoPorts, Ports } from "./port.ts";

export interface SiteOptions<Declared extends Ports>
  extends ScaledPartOptions<Declared>,
    Programmed {}

/** A user interface; it needs an HTTP port. */
export function site<const Name extends string, const Declared extends Ports = NoPorts>(
  name: Name,
  options: SiteOptions<Declared>,
): Part<Name, Declared, "site"> {
  return part("site", name, options);
}
