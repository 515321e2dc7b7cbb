/**
 * One form for equal data: keys sorted, everything frozen.
 *
 * @module
 */

/** A deep copy whose keys are sorted and which cannot be changed. Arrays keep their order. */
export function canonical<Value>(value: Value): Value {
  return canonicalOf(value) as Value;
}

function canonicalOf(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(canonicalOf));
  if (typeof value !== "object" || value === null) return value;
  const sorted: Record<string, unknown> = {};
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(fields).toSorted()) {
    if (fields[name] !== undefined) sorted[name] = canonicalOf(fields[name]);
  }
  return Object.freeze(sorted);
}
