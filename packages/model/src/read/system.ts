/**
 * Reads a whole definition.
 *
 * @module
 */
import type { EnvironmentDraft, Placed, StoreSizingDraft, SystemDraft, UseDraft } from "./draft.ts";
import { readAlert, readDashboard, readLoad, readObjective } from "./observe.ts";
import { readPart } from "./part.ts";
import {
  byteSize,
  count,
  type Faults,
  filled,
  isRecord,
  join,
  label,
  listOf,
  mapOf,
  may,
  need,
  type Read,
  shape,
  text,
  word,
  wrongType,
} from "./reader.ts";
import { named, readUse } from "./reference.ts";
import { readResources, readScale } from "./sizing.ts";
import {
  readExternal,
  readNamespace,
  readPool,
  readSecret,
  readStore,
  readStream,
} from "./store.ts";

/** A list of named elements: the faults of each stand under its name. */
function namedList<Result extends Placed>(
  folder: string,
  read: Read<Result>,
): Read<readonly Result[]> {
  return listOf((value, indexPath, faults) => {
    const name = isRecord(value) ? value["name"] : undefined;
    const path = typeof name === "string" && name !== "" ? `${folder}.${name}` : indexPath;
    return read(value, path, faults);
  });
}

const owner = shape("an owner", {
  team: need(filled, ""),
  email: need(text("an e-mail address", /^[^\s@]+@[^\s@]+\.[^\s@]+$/), ""),
});

const readSystemUse: Read<{ readonly from: string; readonly use: UseDraft }> = (
  value,
  path,
  faults,
) => {
  if (!Array.isArray(value) || value.length !== 2) {
    return wrongType(value, path, "a pair of a part and what it uses", faults);
  }
  const from = named("a part")(value[0], `${path}[0]`, faults);
  const use = readUse(value[1], `${path}[1]`, faults);
  return from === undefined || use === undefined ? undefined : { from, use };
};

const storeSizing: Read<StoreSizingDraft> = shape("a store's sizing", {
  realization: may(word("statefulSet", "operator", "external"), null),
  replicas: may(count(1, 100), null),
  storage: may(byteSize, null),
  storageClass: may(filled, null),
  resources: may(readResources, null),
  maxConnections: may(count(1), null),
});
const replicaCount = count(1, 10_000);
const replicas: Read<number | Readonly<Record<string, number>>> = (value, path, faults) =>
  isRecord(value) ? mapOf(replicaCount)(value, path, faults) : replicaCount(value, path, faults);

const environmentFields = shape(
  "an environment",
  {
    replicas: may(replicas, null),
    scale: may(mapOf(readScale), {}),
    resources: may(mapOf(readResources), {}),
    config: may(mapOf(mapOf((value) => value)), {}),
    volumes: may(mapOf(mapOf(byteSize)), {}),
    hosts: may(mapOf(listOf(filled, { min: 1 })), {}),
    stores: may(mapOf(storeSizing), {}),
  },
  ["type", "parts"],
);

const readEnvironments: Read<readonly EnvironmentDraft[]> = (value, path, faults) => {
  const read = mapOf(environmentFields, label(40))(value, path, faults);
  if (read === undefined) return undefined;
  return Object.entries(read).map(([name, fields]) => ({
    name,
    path: join(path, name),
    ...fields,
  }));
};

const readFields: Read<Omit<SystemDraft, "owner"> & { readonly owner: SystemDraft["owner"] }> =
  shape(
    "a system made by defineSystem",
    {
      name: need(label(40), ""),
      summary: may(text(), ""),
      owner: need(owner, { team: "", email: "" }),
      version: may(text("a version such as 1.4.0", /^[\w][\w.-]{0,127}$/), "0.1.0"),
      registry: may(text("a registry and path", /^[\w.:/-]+$/), null),
      namespaces: may(namedList("namespaces", readNamespace), []),
      parts: need(listOf(readPart, { min: 1 }), []),
      stores: may(namedList("stores", readStore), []),
      streams: may(namedList("streams", readStream), []),
      externals: may(namedList("externals", readExternal), []),
      secrets: may(namedList("secrets", readSecret), []),
      pools: may(namedList("pools", readPool), []),
      objectives: may(namedList("objectives", readObjective), []),
      alerts: may(namedList("alerts", readAlert), []),
      dashboards: may(namedList("dashboards", readDashboard), []),
      loads: may(namedList("loads", readLoad), []),
      uses: may(listOf(readSystemUse), []),
      environments: may(readEnvironments, []),
    },
    ["type"],
  );

/** The draft of a definition, whatever it is. `undefined` only where it is no object at all. */
export function readSystem(definition: unknown, faults: Faults): SystemDraft | undefined {
  return readFields(definition, "", faults);
}
