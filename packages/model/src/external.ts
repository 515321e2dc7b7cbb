/**
 * Systems that are somebody else's.
 *
 * @module
 */
import type { ExternalPlan } from "./plan/store.ts";

export interface External<Name extends string = string> {
  readonly type: "external";
  readonly name: Name;
}

export interface ExternalOptions {
  /** What it is, in one sentence. */
  readonly summary?: string;
  readonly protocol: ExternalPlan["protocol"];
  /** DNS name. */
  readonly host: string;
  /** Default: the protocol's own (443, 80, 587); needed for `tcp`. */
  readonly port?: number;
  /**
   * What stands in for it on one machine: the console's `mailbox` (SMTP only), the address itself
   * (`real`), or nothing, where the part has a sandbox of its own. Default `none`.
   */
  readonly local?: ExternalPlan["local"];
}

/** A system that this one calls and does not run. */
export function external<const Name extends string>(
  name: Name,
  options: ExternalOptions,
): External<Name> {
  const built = { type: "external", name, ...options } as const;
  return built;
}
