/**
 * Reads stores, streams, externals, secrets, pools and namespaces.
 *
 * @module
 */
import { externalPorts, storeDefaults, streamDefaults } from "../defaults.ts";
import type { NodePoolPlan } from "../plan/plan.ts";
import type { SecretShapePlan } from "../plan/secret.ts";
import type { ExternalPlan, StorePlan } from "../plan/store.ts";
import type { Placed, SecretDraft, StoreDraft, StreamDraft } from "./draft.ts";
import {
  byteSize,
  count,
  filled,
  flag,
  isRecord,
  label,
  listOf,
  mapOf,
  may,
  millicores,
  milliseconds,
  need,
  orNull,
  type Read,
  shape,
  text,
  turned,
  word,
  wrongType,
} from "./reader.ts";
import { named } from "./reference.ts";
import { emptyResources, readBackup, readResources } from "./sizing.ts";

const day = 86_400_000;

const storeFields = {
  name: need(label(40), ""),
  summary: may(text(), ""),
  namespace: may(named("a namespace"), null),
  version: may(text("a version", /^[\w.-]+$/), null),
  realization: may(word("statefulSet", "operator", "external"), null),
  local: may(word("embedded", "inProcess", "postgres", "url"), null),
  port: may(count(1, 65_535), null),
  replicas: may(count(1, 100), null),
  storage: may(byteSize, null),
  storageClass: may(filled, null),
  resources: may(readResources, emptyResources),
  maxConnections: may(count(1), null),
  backup: may(readBackup, null),
  engine: need(word("postgres", "etcd", "redis", "bucket"), "postgres"),
};
const anyStore = shape("a store", storeFields, ["type"]);
const postgresStore = shape(
  "a PostgreSQL store",
  { ...storeFields, migrations: may(filled, null) },
  ["type"],
);

export const readStore: Read<StoreDraft> = (value, path, faults) => {
  const isPostgres = isRecord(value) && value["engine"] === "postgres";
  const fields = (isPostgres ? postgresStore : anyStore)(value, path, faults);
  if (fields === undefined) return undefined;
  const { name, summary, engine, namespace, resources, backup } = fields;
  const usual = storeDefaults[engine];
  const migrations = "migrations" in fields ? (fields.migrations as string | null) : null;
  const plan: StoreDraft["plan"] = {
    name,
    summary,
    engine,
    version: fields.version ?? usual.version,
    realization: fields.realization ?? usual.realization,
    local: fields.local ?? usual.local,
    port: fields.port ?? usual.port,
    replicas: fields.replicas ?? usual.replicas,
    storageBytes: fields.storage ?? usual.storageBytes,
    storageClass: fields.storageClass ?? usual.storageClass,
    migrations,
    maxConnections: fields.maxConnections ?? usual.maxConnections,
  };
  return { name, path, namespace, resources, backup, plan };
};

/** Which local forms an engine has. */
export const localForms: Readonly<Record<StorePlan["engine"], readonly StorePlan["local"][]>> = {
  postgres: ["embedded", "url"],
  etcd: ["postgres", "inProcess", "url"],
  redis: ["inProcess", "postgres", "url"],
  bucket: ["url", "inProcess"],
};

const streamFields = shape(
  "a stream",
  {
    name: need(label(40), ""),
    summary: may(text(), ""),
    namespace: may(named("a namespace"), null),
    kind: need(word("log", "queue"), "log"),
    engine: may(word("nats", "kafka"), streamDefaults.engine),
    partitions: may(count(1, 10_000), streamDefaults.partitions),
    retention: may(milliseconds(1000), streamDefaults.retentionMs),
    maxEventSize: may(byteSize, streamDefaults.maxEventBytes),
    maxDeliveries: may(count(1, 1000), streamDefaults.maxDeliveries),
  },
  ["type", "publish", "consume"],
);

export const readStream: Read<StreamDraft> = turned(streamFields, (fields, path, faults) => {
  const { namespace, retention, maxEventSize, ...rest } = fields;
  if (maxEventSize > streamDefaults.maxEventBytesMax) {
    faults.report({
      code: "VALUE_INVALID",
      path: `${path}.maxEventSize`,
      value: maxEventSize,
      expected: "at most 1Mi; keep what is larger in a bucket",
    });
  }
  const plan = { ...rest, retentionMs: retention, maxEventBytes: maxEventSize };
  return { name: rest.name, path, namespace, plan };
});

const externalFields = shape(
  "an external",
  {
    name: need(label(40), ""),
    summary: may(text(), ""),
    protocol: need(word("https", "http", "smtp", "tcp"), "https"),
    host: need(text("a DNS name", /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i), ""),
    port: may(count(1, 65_535), null),
    local: may(word("mailbox", "none", "real"), "none"),
  },
  ["type"],
);

export const readExternal: Read<Placed & ExternalPlan> = turned(
  externalFields,
  ({ port, ...rest }, path, faults) => {
    const usual = rest.protocol === "tcp" ? undefined : externalPorts[rest.protocol];
    const number = port ?? usual;
    if (number === undefined) {
      faults.report({
        code: "FIELD_MISSING",
        path: `${path}.port`,
        value: undefined,
        expected: "a port number, for tcp has none of its own",
        problem: "is missing, and tcp has no port of its own",
      });
    }
    if (rest.local === "mailbox" && rest.protocol !== "smtp") {
      wrongType(rest.local, `${path}.local`, "none or real: a mailbox takes mail alone", faults);
    }
    return { ...rest, path, port: number ?? 0 };
  },
);

const shapes = {
  password: shape("a password", {
    shape: need(word("password"), "password"),
    length: need(count(12, 1024), 32),
  }),
  bytes: shape("random bytes", {
    shape: need(word("bytes"), "bytes"),
    count: need(count(16, 4096), 32),
    encoding: need(word("base64url", "hex"), "hex"),
  }),
  privateKey: shape("a private key", {
    shape: need(word("privateKey"), "privateKey"),
    algorithm: need(word("ed25519", "rs256", "secp256k1"), "ed25519"),
  }),
  certificate: shape("a certificate", {
    shape: need(word("certificate"), "certificate"),
    names: need(listOf(filled, { min: 1 }), []),
  }),
  supplied: shape("a supplied value", {
    shape: need(word("supplied"), "supplied"),
    local: may(orNull(text()), null),
  }),
} as const;

/** The shape itself in plain data; a built secret's keys carry it as `shape`. */
const readShape: Read<SecretShapePlan> = (value, path, faults) => {
  const built = isRecord(value) && isRecord(value["shape"]) ? value["shape"] : value;
  const kind = isRecord(built) ? built["shape"] : undefined;
  if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) {
    return wrongType(value, path, `a shape: ${Object.keys(shapes).join(", ")}`, faults);
  }
  return shapes[kind as keyof typeof shapes](built, path, faults);
};

const secretFields = shape(
  "a secret",
  {
    name: need(label(40), ""),
    summary: may(text(), ""),
    namespace: may(named("a namespace"), null),
    keys: need(mapOf(readShape, text("a key name", /^[a-z][a-zA-Z0-9-]*$/)), {}),
    perReplica: may(flag, false),
    source: may(word("external", "sealed", "plain"), "external"),
    rotation: may(milliseconds(day), null),
  },
  ["type"],
);

export const readSecret: Read<SecretDraft> = turned(secretFields, (fields, path) => {
  const { namespace, rotation, ...rest } = fields;
  const rotationDays = rotation === null ? null : Math.round(rotation / day);
  return { name: rest.name, path, namespace, plan: { ...rest, rotationDays } };
});

const taint = text(
  "a taint such as dedicated=ledger:NoSchedule",
  /^[\w./-]+(=[\w.-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/,
);
const poolFields = shape(
  "a node pool",
  {
    name: need(label(40), ""),
    cpu: need(millicores, 1000),
    memory: need(byteSize, 1),
    min: need(count(0, 10_000), 0),
    max: need(count(1, 10_000), 1),
    labels: may(mapOf(text("a label value", /^[\w.-]{1,63}$/)), null),
    taints: may(listOf(taint), []),
    spot: may(flag, false),
  },
  ["type"],
);

export const readPool: Read<Placed & NodePoolPlan> = turned(poolFields, (fields, path, faults) => {
  const { cpu, memory, labels, ...rest } = fields;
  if (rest.min > rest.max) {
    faults.report({
      code: "SCALE_RANGE",
      path: `${path}.min`,
      value: rest.min,
      expected: `at most max, which is ${rest.max}`,
    });
  }
  const own = labels ?? { pool: rest.name };
  return { ...rest, path, cpuMillicores: cpu, memoryBytes: memory, labels: own };
});

export const readNamespace: Read<Placed & { readonly tier: string }> = turned(
  shape("a namespace", { name: need(label(63), ""), tier: may(label(40), "application") }, [
    "type",
  ]),
  (fields, path) => ({ ...fields, path }),
);
