/**
 * Checks params, query, body and headers of a request against its route's zod schemas.
 *
 * All parts are checked before anything is answered, so that a client hears of every fault at once.
 *
 * - SK6  Every fault of every part is named with its path; the parsed values replace the raw ones.
 * - SK7  A route that declares no query takes none, and one that declares no body takes none.
 *
 * @module
 */
import { suggest } from "@ashlar/foundation";
import type { FastifyRequest, FastifySchema } from "fastify";
import { type $ZodIssue, $ZodType, safeParse } from "zod/v4/core";
import { RequestInvalidError } from "./errors.ts";
import type { ProblemFault } from "./problem.ts";
import { strictSchema } from "./strict-schema.ts";

type PartName = "params" | "query" | "body" | "headers";

/** Checks one part; adds to `faults` or returns the parsed value. */
type PartCheck = (value: unknown, faults: ProblemFault[]) => unknown;

/** The checks of a route, made once when it is registered. */
export interface RequestChecks {
  readonly params: PartCheck | undefined;
  readonly query: PartCheck;
  readonly body: PartCheck;
  readonly headers: PartCheck | undefined;
}

export function requestChecks(schema: FastifySchema | undefined): RequestChecks {
  const { params, querystring, body, headers } = schema ?? {};
  return {
    params: params instanceof $ZodType ? schemaCheck("params", () => params) : undefined,
    headers: headers instanceof $ZodType ? schemaCheck("headers", () => headers) : undefined,
    query:
      querystring instanceof $ZodType
        ? schemaCheck(
            "query",
            once(() => strictSchema(querystring)),
          )
        : nothing("query"),
    body:
      body instanceof $ZodType
        ? schemaCheck(
            "body",
            once(() => strictSchema(body)),
          )
        : nothing("body"),
  };
}

/** @throws {RequestInvalidError} naming every fault (SK6). */
export function checkRequest(request: FastifyRequest, checks: RequestChecks): void {
  const faults: ProblemFault[] = [];
  refuseNul(request, faults);
  if (checks.params !== undefined) request.params = checks.params(request.params, faults);
  request.query = checks.query(request.query, faults);
  request.body = checks.body(request.body, faults);
  if (checks.headers !== undefined) checks.headers(request.headers, faults);
  if (faults.length > 0) throw new RequestInvalidError(faults);
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function schemaCheck(part: PartName, schema: () => $ZodType): PartCheck {
  return (value, faults) => {
    const result = safeParse(schema(), value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) faults.push(...faultsOf(part, issue, []));
    return value;
  };
}

/** SK7: for a part that the route does not declare. */
function nothing(part: PartName): PartCheck {
  return (value, faults) => {
    if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
    const takes = part === "body" ? "no body" : "no query";
    for (const name of Object.keys(value)) {
      faults.push({ path: `${part}.${name}`, message: `unknown field; this route takes ${takes}` });
    }
    return value;
  };
}

/** A body's texts are looked at when it is read; these come from the URL. */
function refuseNul(request: FastifyRequest, faults: ProblemFault[]): void {
  if (!/%00/.test(request.raw.url ?? "")) return;
  faults.push({ path: "url", message: "holds a NUL character" });
}

const faultsMax = 100;

function faultsOf(
  part: PartName,
  issue: $ZodIssue,
  prefix: readonly PropertyKey[],
): readonly ProblemFault[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, faultsMax).map((key) => ({
      path: pathText(part, [...path, key]),
      message: "unknown field",
    }));
  }
  if (issue.code === "invalid_union") {
    // The branch that nearly fits tells more than "no branch fits".
    const nearest = [...issue.errors].toSorted((a, b) => a.length - b.length)[0];
    if (nearest !== undefined && nearest.length > 0) {
      return nearest.flatMap((each) => faultsOf(part, each, path));
    }
  }
  if (issue.code === "invalid_value")
    return [{ path: pathText(part, path), message: valueHint(issue) }];
  return [{ path: pathText(part, path), message: issue.message }];
}

function valueHint(issue: Extract<$ZodIssue, { readonly code: "invalid_value" }>): string {
  const given = typeof issue.input === "string" ? issue.input : "";
  const near = suggest(given, issue.values.map(String));
  return near === undefined ? issue.message : `${issue.message}; did you mean "${near}"?`;
}

function pathText(part: PartName, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, each) => (typeof each === "number" ? `${text}[${each}]` : `${text}.${String(each)}`),
    part,
  );
}
