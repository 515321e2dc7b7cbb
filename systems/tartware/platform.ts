/**
 * What tartware's services stand on: namespaces, machines, stores, streams, secrets.
 */
import {
  daily,
  type External,
  external,
  type Namespace,
  namespace,
  type Pool,
  pool,
  postgres,
  privateKey,
  redis,
  resources,
  type Secret,
  type SecretShape,
  type Store,
  type Stream,
  secret,
  stream,
  supplied,
} from "@ashlar/model";

export const hotel: Namespace<"tartware"> = namespace("tartware", { tier: "application" });

export const compute: Pool<"compute"> = pool("compute", {
  cpu: "16",
  memory: "32Gi",
  min: 5,
  max: 100,
});
export const roomy: Pool<"memory"> = pool("memory", { cpu: "12", memory: "64Gi", min: 3, max: 50 });

/** At most an hour lost, back within four: the operator archives the log between backups. */
const recoverable = daily({
  at: "02:00",
  keepDays: 30,
  keepWeeks: 12,
  keepMonths: 12,
  recoveryPoint: "1h",
  recoveryTime: "4h",
});

export const hotelDb: Store<"hotel-db", "postgres"> = postgres("hotel-db", {
  summary: "Reservations, guests, rooms, folios and settings.",
  version: "18",
  realization: "operator",
  replicas: 3,
  storage: "500Gi",
  storageClass: "fast-ssd",
  maxConnections: 2000,
  resources: resources({ cpu: "8", memory: "32Gi", qos: "guaranteed" }),
  backup: recoverable,
});
export const edgeDb: Store<"edge-db", "postgres"> = postgres("edge-db", {
  summary: "Hashed API keys and commands accepted at the edge.",
  realization: "operator",
  replicas: 3,
  storage: "50Gi",
  storageClass: "fast-ssd",
  maxConnections: 1000,
  backup: recoverable,
});
export const cache: Store<"cache", "redis"> = redis("cache", {
  summary: "Exact rate limits, sessions and hot reads.",
  maxConnections: 10_000,
  resources: resources({ cpu: "2", cpuLimit: "4", memory: "8Gi", memoryLimit: "12Gi" }),
});

export const commands: Stream<"commands"> = stream("commands", {
  kind: "log",
  summary: "Commands accepted and not yet carried out.",
  engine: "kafka",
  partitions: 12,
  retention: "7d",
});
export const happened: Stream<"happened"> = stream("happened", {
  kind: "log",
  summary: "What has happened in the hotel, in order.",
  engine: "kafka",
  partitions: 12,
  retention: "30d",
});

export const tokens: Secret<"tokens", { readonly signing: SecretShape<"privateKey"> }> = secret(
  "tokens",
  {
    summary: "Signs access tokens.",
    keys: { signing: privateKey("rs256") },
    rotation: "90d",
  },
);
export const paymentKey: Secret<"payment", { readonly api: SecretShape<"supplied"> }> = secret(
  "payment",
  {
    summary: "The payment provider's API key.",
    keys: { api: supplied({ local: "sandbox" }) },
    rotation: "180d",
  },
);

export const smtp: External<"smtp"> = external("smtp", {
  summary: "Mail relay.",
  protocol: "smtp",
  host: "smtp.example.com",
  local: "mailbox",
});
export const payments: External<"payments"> = external("payments", {
  summary: "Payment provider.",
  protocol: "https",
  host: "api.payments.example.com",
});
