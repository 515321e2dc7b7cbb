/**
 * Tartware's services, each with one field of the hotel.
 *
 * They scale on CPU and on work in flight or waiting, which fall when replicas rise; latencies are
 * for objectives and alerts.
 */
import {
  aggressive,
  conservative,
  cpu,
  grpc,
  http,
  httpRequestsInFlight,
  memory,
  metric,
  node,
  ops,
  type Part,
  type PortDeclaration,
  type Resources,
  resources,
  type ScalePolicy,
  service,
} from "@ashlar/model";
import { databaseConfig, workerConfig } from "./config.ts";
import { billingMetrics, guardMetrics, workMetrics } from "./metrics.ts";
import {
  cache,
  commands,
  compute,
  happened,
  hotelDb,
  paymentKey,
  payments,
  smtp,
  tokens,
} from "./platform.ts";

type HttpService<Name extends string> = Part<
  Name,
  {
    readonly http: PortDeclaration<"http", "part">;
    readonly ops: PortDeclaration<"http", "ops">;
  },
  "service"
>;
type GuardService = Part<
  "availability-guard",
  {
    readonly http: PortDeclaration<"http", "part">;
    readonly grpc: PortDeclaration<"grpc", "part">;
    readonly ops: PortDeclaration<"http", "ops">;
  },
  "service"
>;

const standard: Resources = resources({
  cpu: "250m",
  cpuLimit: "1",
  memory: "512Mi",
  memoryLimit: "1Gi",
});
const busy: Resources = resources({
  cpu: "500m",
  cpuLimit: "2",
  memory: "512Mi",
  memoryLimit: "1Gi",
});
const billingUp: ScalePolicy = { stabilization: "45s", steps: [{ percent: 50, period: "30s" }] };
const billingDown: ScalePolicy = {
  stabilization: "300s",
  select: "min",
  steps: [{ replicas: 1, period: "120s" }],
};
const steadyUp: ScalePolicy = { stabilization: "30s", steps: [{ percent: 75, period: "20s" }] };

export const core: HttpService<"core"> = service("core", {
  summary: "Properties, users, sign-in, and the acceptance of commands.",
  program: node("./core/main.ts"),
  ports: { http: http(3000), ops: ops(9090) },
  uses: [hotelDb, cache, commands.publish, happened.publish],
  config: workerConfig,
  secrets: [tokens.keys.signing],
  metrics: workMetrics,
  scale: {
    min: 8,
    max: 80,
    on: [cpu(70), memory(75), metric(httpRequestsInFlight, { perReplica: 40 })],
    up: { ...aggressive, steps: [...aggressive.steps, { replicas: 8, period: "15s" }] },
    down: conservative,
  },
  resources: busy,
  placement: { priority: "critical", pool: compute },
});

export const settings: HttpService<"settings"> = service("settings", {
  summary: "Settings of properties.",
  program: node("./settings/main.ts"),
  ports: { http: http(3005), ops: ops(9090) },
  uses: [hotelDb, cache],
  config: databaseConfig,
  metrics: workMetrics,
  scale: { min: 2, max: 10, on: [cpu(70)] },
  resources: standard,
});

export const guests: HttpService<"guests"> = service("guests", {
  summary: "Guests and their preferences.",
  program: node("./guests/main.ts"),
  ports: { http: http(3010), ops: ops(9090) },
  uses: [hotelDb, commands.consume("guests"), happened.publish],
  config: workerConfig,
  metrics: workMetrics,
  scale: {
    min: 5,
    max: 35,
    on: [cpu(70), metric(workMetrics.commandsWaiting, { perReplica: 200 })],
    up: steadyUp,
  },
  resources: standard,
});

export const rooms: HttpService<"rooms"> = service("rooms", {
  summary: "Rooms, types and rates.",
  program: node("./rooms/main.ts"),
  ports: { http: http(3015), ops: ops(9090) },
  uses: [hotelDb, cache, happened.publish],
  config: workerConfig,
  metrics: workMetrics,
  scale: {
    min: 5,
    max: 35,
    on: [cpu(70), metric(httpRequestsInFlight, { perReplica: 40 })],
    up: steadyUp,
  },
  resources: standard,
});

export const availabilityGuard: GuardService = service("availability-guard", {
  summary: "Holds rooms while reservations are made; nothing is sold twice.",
  program: node("./availability-guard/main.ts"),
  ports: { http: http(3045), grpc: grpc(4400), ops: ops(9090) },
  uses: [hotelDb],
  config: databaseConfig,
  metrics: guardMetrics,
  scale: { min: 4, max: 40, on: [cpu(65)] },
  resources: busy,
  placement: { priority: "critical", pool: compute },
});

export const reservations: HttpService<"reservations"> = service("reservations", {
  summary: "Makes, changes and cancels reservations.",
  program: node("./reservations/main.ts"),
  ports: { http: http(3020), ops: ops(9090) },
  uses: [
    hotelDb,
    commands.consume("reservations"),
    happened.publish,
    availabilityGuard.ports.grpc,
    rooms.ports.http,
  ],
  config: workerConfig,
  metrics: workMetrics,
  scale: {
    min: 8,
    max: 70,
    on: [cpu(70), memory(75), metric(workMetrics.commandsWaiting, { perReplica: 200 })],
  },
  resources: busy,
  placement: { priority: "critical", pool: compute },
});

export const billing: HttpService<"billing"> = service("billing", {
  summary: "Folios, invoices and payments.",
  program: node("./billing/main.ts"),
  ports: { http: http(3025), ops: ops(9090) },
  uses: [hotelDb, commands.consume("billing"), happened.publish, payments],
  config: workerConfig,
  secrets: [paymentKey.keys.api],
  metrics: billingMetrics,
  scale: { min: 5, max: 40, on: [cpu(75), memory(80)], up: billingUp, down: billingDown },
  resources: busy,
  placement: { priority: "critical", pool: compute },
});

export const housekeeping: HttpService<"housekeeping"> = service("housekeeping", {
  summary: "Cleaning, inspection and repair of rooms.",
  program: node("./housekeeping/main.ts"),
  ports: { http: http(3030), ops: ops(9090) },
  uses: [hotelDb, commands.consume("housekeeping"), happened.publish],
  config: workerConfig,
  metrics: workMetrics,
  scale: { min: 2, max: 40, on: [cpu(70)] },
  resources: standard,
});

export const notification: HttpService<"notification"> = service("notification", {
  summary: "Tells guests and staff.",
  program: node("./notification/main.ts"),
  ports: { http: http(3055), ops: ops(9090) },
  uses: [hotelDb, happened.consume("notification"), smtp],
  config: workerConfig,
  metrics: workMetrics,
  scale: { min: 2, max: 40, on: [cpu(70)] },
  resources: standard,
});

export const revenue: HttpService<"revenue"> = service("revenue", {
  summary: "Prices by demand, and reports.",
  program: node("./revenue/main.ts"),
  ports: { http: http(3060), ops: ops(9090) },
  uses: [hotelDb, happened.consume("revenue"), rooms.ports.http],
  config: workerConfig,
  metrics: workMetrics,
  scale: { min: 2, max: 40, on: [cpu(70)] },
  resources: standard,
});

export const registry: HttpService<"registry"> = service("registry", {
  summary: "What each property has switched on.",
  program: node("./registry/main.ts"),
  ports: { http: http(3075), ops: ops(9090) },
  uses: [hotelDb, cache],
  config: databaseConfig,
  metrics: workMetrics,
  scale: { min: 2, max: 10, on: [cpu(70)] },
  resources: standard,
});
