/**
 * Plans from files and other programs: the boundary where they are proved.
 *
 * @module
 */
import { z } from "zod";
import { canonical } from "./canonical.ts";
import { PlanError } from "./errors.ts";
import type { Plan } from "./plan/plan.ts";
import { planZod } from "./plan/schema.ts";

/**
 * The Plan in a parsed JSON document, frozen and with sorted keys.
 *
 * @throws {PlanError} `PLAN_INVALID`, naming every place that does not fit.
 */
export function parsePlan(document: unknown): Plan {
  const result = planZod.safeParse(document);
  if (result.success) return canonical(result.data);
  const violations = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    return `${path === "" ? "document" : path}: ${issue.message}`;
  });
  throw new PlanError(violations);
}

/** The schema of a Plan as a JSON Schema (draft 2020-12) object. */
export function planSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(planZod, {
    target: "draft-2020-12",
    reused: "inline",
  }) as Record<string, unknown>;
  return { $schema, $id: "urn:ashlar:plan:1", title: "Ashlar Plan", ...rest };
}

/** The published schema: docs/reference/plan.schema.json, byte by byte. */
export function planJsonSchema(): string {
  return `${JSON.stringify(planSchema(), undefined, 2)}\n`;
}
