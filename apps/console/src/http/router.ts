/**
 * Finds the route of a request. Patterns are literal segments and `{name}` for one segment.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** For example `/api/parts/{name}/{action}`. */
  readonly path: string;
  /**
   * `session`: needs the token. `open`: for the page's sign-in and for the parts' telemetry, which
   * carry none.
   */
  readonly access: "session" | "open";
  readonly answer: (exchange: Exchange) => void | Promise<void>;
}

export interface MatchedRoute {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Undefined when no route has this method and path, or a segment is not valid UTF-8. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): MatchedRoute | undefined {
  const wanted = method === "HEAD" ? "GET" : method;
  const segments = path.split("/");
  for (const route of routes) {
    if (route.method !== wanted) continue;
    const parameters = matchSegments(route.path.split("/"), segments);
    if (parameters !== undefined) return { route, parameters };
  }
  return undefined;
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] ?? "";
    if (expected.startsWith("{")) {
      const decoded = decode(actual);
      if (decoded === undefined || decoded === "") return undefined;
      parameters[expected.slice(1, -1)] = decoded;
    } else if (expected !== actual) return undefined;
  }
  return parameters;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
