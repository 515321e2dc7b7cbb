/**
 * Environments: they size what exists, with values that fit.
 *
 * @module
 */
import { find } from "../assemble/directory.ts";
import type { Resolved } from "../assemble/plan.ts";
import { coerceConfigValue, describeField } from "../config.ts";
import type { EnvironmentDraft, PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

export function checkEnvironments(resolved: Resolved, faults: Faults): void {
  for (const environment of resolved.draft.environments) {
    checkNames(environment, resolved, faults);
    checkValues(environment, resolved, faults);
    checkVolumeSizes(environment, resolved, faults);
  }
}

function checkNames(environment: EnvironmentDraft, resolved: Resolved, faults: Faults): void {
  const { parts, stores } = resolved.directory;
  const scaled = where(parts, (part) => part.daemon === null && part.job === null);
  const gateways = where(parts, (part) => part.kind === "gateway");
  const sized = new Map<string, unknown>([...scaled, ...stores]);
  const { replicas, path } = environment;
  const chosen = typeof replicas === "number" || replicas === null ? {} : replicas;
  const fields = [
    ["replicas", chosen, sized, "part or store with replicas"],
    ["scale", environment.scale, scaled, "part that scales"],
    ["resources", environment.resources, parts, "part"],
    ["config", environment.config, parts, "part"],
    ["volumes", environment.volumes, parts, "part"],
    ["hosts", environment.hosts, gateways, "gateway"],
    ["stores", environment.stores, stores, "store"],
  ] as const;
  for (const [field, overrides, known, what] of fields) {
    for (const name of Object.keys(overrides)) {
      find<unknown>(known, name, { path: `${path}.${field}.${name}`, what, faults });
    }
  }
}

function where(
  parts: ReadonlyMap<string, PartDraft>,
  fits: (part: PartDraft) => boolean,
): ReadonlyMap<string, PartDraft> {
  return new Map([...parts].filter(([, part]) => fits(part)));
}

function checkValues(environment: EnvironmentDraft, resolved: Resolved, faults: Faults): void {
  for (const [name, overrides] of Object.entries(environment.config)) {
    const part = resolved.directory.parts.get(name);
    if (part === undefined) continue;
    for (const [key, value] of Object.entries(overrides)) {
      const path = `${environment.path}.config.${name}.${key}`;
      const fields = new Map(Object.entries(part.config));
      const field = find(fields, key, { path, what: `configuration of ${name}`, faults });
      if (field === undefined || coerceConfigValue(field, value) !== undefined) continue;
      const expected = describeField(field);
      const candidates = field.values;
      faults.report({ code: "CONFIG_VALUE_INVALID", path, value, expected, candidates });
    }
  }
}

function checkVolumeSizes(environment: EnvironmentDraft, resolved: Resolved, faults: Faults): void {
  for (const [name, sizes] of Object.entries(environment.volumes)) {
    const part = resolved.directory.parts.get(name);
    if (part === undefined) continue;
    const volumes = new Map(part.volumes.map((each) => [each.name, each]));
    for (const volume of Object.keys(sizes)) {
      const path = `${environment.path}.volumes.${name}.${volume}`;
      find(volumes, volume, { path, what: `volume of ${name}`, faults });
    }
  }
}
