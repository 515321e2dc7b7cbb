/**
 * The head of a response on its way back to the client.
 *
 * @module
 */
import type { HeaderChangesPlan } from "@ashlar/model";
import { isHopByHop } from "./request-headers.ts";

/** Headers as an upstream connection reports them: names in lower case. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface ResponseHeaderRules {
  readonly changes: HeaderChangesPlan;
  /** The gateway speaks for CORS itself: what the service says about it is dropped. */
  readonly ownsCors: boolean;
}

/** What passes on of an upstream's headers (GH1): name, value, name, value. */
export function passResponseHeaders(
  headers: UpstreamHeaders,
  rules: ResponseHeaderRules,
): string[] {
  const passed: string[] = [];
  const named = namedByConnection(headers["connection"]);
  const { remove, set } = rules.changes;
  for (const name of Object.keys(headers)) {
    if (isHopByHop(name) || name === "x-correlation-id" || named?.has(name)) continue;
    if (rules.ownsCors && name.startsWith("access-control-")) continue;
    if (remove.includes(name) || set[name] !== undefined) continue;
    const value = headers[name];
    if (typeof value === "string") passed.push(name, value);
    else if (value !== undefined) for (const each of value) passed.push(name, each);
  }
  for (const name of Object.keys(set)) passed.push(name, set[name] as string);
  return passed;
}

const plainOptions = /^\s*(?:close|keep-alive)?\s*$/i;

function namedByConnection(value: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (value === undefined || (typeof value === "string" && plainOptions.test(value))) {
    return undefined;
  }
  const text = typeof value === "string" ? value : value.join(",");
  const names = text.split(",").map((each) => each.trim().toLowerCase());
  return new Set(names.filter((each) => each !== "content-length"));
}

/** Lower-case names; a change to framing or to a hop-by-hop header is a fault. */
export function normalizeChanges(changes: HeaderChangesPlan): HeaderChangesPlan {
  const set = Object.entries(changes.set).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    set: Object.fromEntries(set) as Readonly<Record<string, string>>,
    remove: changes.remove.map((each) => each.toLowerCase()),
  };
}

export function changeFaults(changes: HeaderChangesPlan): readonly string[] {
  const names = [...Object.keys(changes.set), ...changes.remove].map((each) => each.toLowerCase());
  const faults = names
    .filter((each) => isHopByHop(each) || each === "content-length" || each === "host")
    .map((each) => `header ${each} cannot be changed`);
  for (const [name, value] of Object.entries(changes.set)) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) faults.push(`"${name}" is not a header name`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) faults.push(`value of header ${name} is invalid`);
  }
  return faults;
}
