/**
 * Route paths: their segments, and which route is the more specific.
 *
 * A gateway takes the most specific route that matches, whatever the order of listing: a named host
 * before any host; then, segment by segment, a fixed text before a parameter before the rest.
 *
 * @module
 */
import type { RoutePlan } from "../plan/gateway.ts";

export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "rest" };

/** The segments of a route's path, or in words what is wrong with it. */
export function parseRoutePath(path: string): readonly Segment[] | string {
  if (!path.startsWith("/")) return "it must start with /";
  if (path === "/") return [];
  const segments: Segment[] = [];
  const texts = path.slice(1).split("/");
  for (const [at, text] of texts.entries()) {
    const segment = parseSegment(text, at === texts.length - 1);
    if (typeof segment === "string") return segment;
    segments.push(segment);
  }
  const names = segments.flatMap((each) => (each.kind === "parameter" ? [each.name] : []));
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  return repeated === undefined ? segments : `parameter {${repeated}} stands twice`;
}

function parseSegment(text: string, isLast: boolean): Segment | string {
  if (text === "*") return isLast ? { kind: "rest" } : "* stands only at the end";
  const parameter = /^\{([a-zA-Z]\w*)\}$/.exec(text);
  if (parameter !== null) return { kind: "parameter", name: parameter[1] ?? "" };
  if (text === "") return "it has an empty segment";
  if (text === "." || text === "..") return `"${text}" is no segment`;
  if (!/^[A-Za-z0-9._~!$&'()+,;=:@-]+$/.test(text)) {
    return `"${text}" is neither plain text nor a whole {parameter}`;
  }
  return { kind: "text", text };
}

/** Equal for two paths that match the same requests. */
export function pathPattern(path: string): string {
  const segments = parseRoutePath(path);
  if (typeof segments === "string") return path;
  return segments
    .map((each) => (each.kind === "text" ? `/${each.text}` : `/:${each.kind}`))
    .join("");
}

const rank = { text: 0, parameter: 1, rest: 2 } as const;

/** Sorts the more specific route first. */
export function compareRoutes(a: RoutePlan, b: RoutePlan): number {
  if ((a.host === null) !== (b.host === null)) return a.host === null ? 1 : -1;
  return (
    compareText(a.host ?? "", b.host ?? "") ||
    comparePaths(a.path, b.path) ||
    Number(a.methods.length === 0) - Number(b.methods.length === 0) ||
    compareText(a.name, b.name)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function comparePaths(a: string, b: string): number {
  const left = parseRoutePath(a);
  const right = parseRoutePath(b);
  if (typeof left === "string" || typeof right === "string") return compareText(a, b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const x = left[at];
    const y = right[at];
    // `/a` before `/a/*`, but `/a/b` before `/a`: the longer says more, unless it says "the rest".
    if (x === undefined) return y?.kind === "rest" ? -1 : 1;
    if (y === undefined) return x.kind === "rest" ? 1 : -1;
    const order = rank[x.kind] - rank[y.kind];
    if (order !== 0) return order;
    if (x.kind === "text" && y.kind === "text" && x.text !== y.text) {
      return compareText(x.text, y.text);
    }
  }
  return 0;
}
