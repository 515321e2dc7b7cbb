/**
 * Do the supervisor's options fit the Plan? All faults at once.
 *
 * @module
 */
import { suggest } from "@ashlar/foundation";
import { SupervisorOptionsError } from "./errors.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";

/** @throws {SupervisorOptionsError} */
export function checkOptions(options: SupervisorOptions): void {
  const { plan, builtins = [], overrides = {}, replicas = {} } = options;
  const addressed = [plan.stores, plan.streams, plan.externals].flatMap((map) => Object.keys(map));
  const parts = Object.keys(plan.parts);
  const violations: string[] = [];
  for (const name of Object.keys(overrides)) {
    if (!addressed.includes(name)) {
      violations.push(
        `override of unknown store, stream or external "${name}"${hint(name, addressed)}`,
      );
    }
  }
  for (const [name, count] of Object.entries(replicas)) {
    if (!parts.includes(name)) {
      violations.push(`replicas of unknown part "${name}"${hint(name, parts)}`);
    } else if (!Number.isInteger(count) || count < 0 || count > 64) {
      violations.push(`replicas of ${name} must be a whole number from 0 to 64, not ${count}`);
    }
  }
  const taken = new Set([...parts, ...addressed]);
  for (const { name, ports, otlpPort, mailboxPort } of builtins) {
    if (taken.has(name)) violations.push(`the name of the built-in program "${name}" is taken`);
    taken.add(name);
    for (const port of [otlpPort, mailboxPort]) {
      if (port !== undefined && ports[port] === undefined) {
        violations.push(`built-in program ${name} has no port "${port}"`);
      }
    }
  }
  if (violations.length > 0) throw new SupervisorOptionsError(violations);
}

function hint(name: string, known: readonly string[]): string {
  const near = suggest(name, known);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}
