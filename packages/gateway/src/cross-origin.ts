/**
 * Cross-origin requests (CORS), without the combinations that browsers refuse or that leak.
 *
 * - GX1  Credentials are never combined with `*`: such a plan is refused at start. A listed origin is
 *        echoed exactly, an unlisted one gets no permission at all.
 * - GX2  A preflight is answered by the gateway before credentials and limits by consumer, and only with
 *        what the route permits.
 * - GX3  A response that depends on the origin says `Vary: Origin`; what the service says about CORS is
 *        dropped where the route has a plan.
 *
 * Source: Fetch Standard, section 3.3 (HTTP CORS protocol).
 *
 * @module
 */
import type { CorsPlan, RoutePlan } from "@ashlar/model";
import { type Problem, problem } from "./problem.ts";
import type { RequestHeaders } from "./request-headers.ts";
import { everyMethod } from "./route-table.ts";

/** Faults of a plan, for the check at start. */
export function corsFaults(cors: CorsPlan): readonly string[] {
  const faults: string[] = [];
  if (cors.origins.includes("*")) {
    if (cors.credentials) faults.push('CORS with credentials cannot allow the origin "*"');
    if (cors.origins.length > 1) faults.push('CORS origin "*" stands alone');
  }
  for (const origin of cors.origins) {
    if (origin !== "*" && !isOrigin(origin)) faults.push(`"${origin}" is not an origin`);
  }
  if (cors.credentials && [...cors.headers, ...cors.exposedHeaders].includes("*")) {
    faults.push('CORS with credentials cannot allow headers "*"');
  }
  return faults;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Headers to add to a response: name, value, name, value. */
export function corsHeaders(cors: CorsPlan, origin: string | undefined): readonly string[] {
  const isAny = cors.origins[0] === "*";
  const vary = isAny ? [] : ["vary", "Origin"];
  if (origin === undefined || !(isAny || cors.origins.includes(origin))) return vary;
  const headers = [...vary, "access-control-allow-origin", isAny ? "*" : origin];
  if (cors.credentials) headers.push("access-control-allow-credentials", "true");
  if (cors.exposedHeaders.length > 0) {
    headers.push("access-control-expose-headers", cors.exposedHeaders.join(", "));
  }
  return headers;
}

export function isPreflight(method: string, headers: RequestHeaders): boolean {
  return (
    method === "OPTIONS" &&
    headers.origin !== undefined &&
    headers.accessControlRequestMethod !== undefined
  );
}

/** The answer's headers to a preflight (204), or the refusal. */
export function answerPreflight(
  route: RoutePlan,
  headers: RequestHeaders,
): readonly string[] | Problem {
  const { cors } = route;
  const origin = headers.origin ?? "";
  if (cors === null) return problem("CORS_REFUSED", "this route takes no cross-origin requests");
  const isAny = cors.origins[0] === "*";
  if (!isAny && !cors.origins.includes(origin)) {
    return problem("CORS_REFUSED", "this origin is not permitted");
  }
  const wanted = headers.accessControlRequestMethod ?? "";
  const methods: readonly string[] = cors.methods.length > 0 ? cors.methods : everyMethod;
  if (!methods.includes(wanted)) {
    return problem("CORS_REFUSED", `permitted methods: ${methods.join(", ")}`);
  }
  const asked = (headers.accessControlRequestHeaders ?? "")
    .toLowerCase()
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const permitted = cors.headers.map((each) => each.toLowerCase());
  const isEvery = permitted.includes("*");
  const unlisted = asked.find((each) => !isEvery && !permitted.includes(each));
  if (unlisted !== undefined) {
    return problem("CORS_REFUSED", `permitted headers: ${permitted.join(", ")}`);
  }
  const answer = [
    "access-control-allow-methods",
    methods.join(", "),
    "access-control-max-age",
    String(Math.floor(cors.maxAgeMs / 1_000)),
    ...corsHeaders({ ...cors, exposedHeaders: [] }, origin),
  ];
  if (asked.length > 0) answer.push("access-control-allow-headers", asked.join(", "));
  const vary = answer.indexOf("vary");
  const variants = "Access-Control-Request-Method, Access-Control-Request-Headers";
  if (vary >= 0) answer[vary + 1] = `Origin, ${variants}`;
  return answer;
}
