/**
 * Configuration: defaults keep to their own bounds.
 *
 * @module
 */
import { coerceConfigValue, describeField } from "../config.ts";
import type { PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

export function checkConfig(part: PartDraft, faults: Faults): void {
  for (const [name, field] of Object.entries(part.config)) {
    const path = `${part.path}.config.${name}`;
    const { min, max } = field;
    if (Number.isNaN(min) || Number.isNaN(max) || (min !== null && max !== null && min > max)) {
      faults.report({
        code: "CONFIG_BOUNDS_INVALID",
        path,
        value: `${min}..${max}`,
        expected: "a min that is at most max, both with their unit",
      });
      continue;
    }
    if (coerceConfigValue(field, field.default) !== undefined) continue;
    faults.report({
      code: "CONFIG_DEFAULT_INVALID",
      path: `${path}.default`,
      value: field.default,
      expected: describeField(field),
      candidates: field.values,
    });
  }
}
