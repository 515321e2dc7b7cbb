/**
 * Tartware: the running of hotels, sized for 20,000 operations a second.
 *
 * Reads go from the gateway to the service that owns the field; writes are commands, accepted by
 * core, put on a stream in one commit, and carried out by the service whose field they touch.
 */
import { cronJob, defineSystem, environment, http, node, ops, site } from "@ashlar/model";
import { databaseConfig } from "./config.ts";
import { api, loads } from "./edge.ts";
import {
  cache,
  commands,
  compute,
  edgeDb,
  happened,
  hotel,
  hotelDb,
  paymentKey,
  payments,
  roomy,
  smtp,
  tokens,
} from "./platform.ts";
import {
  availabilityGuard,
  billing,
  core,
  guests,
  housekeeping,
  notification,
  registry,
  reservations,
  revenue,
  rooms,
  settings,
} from "./services.ts";
import { alerts, objectives, overview } from "./watch.ts";

const desk = site("desk", {
  summary: "What the staff see in a browser.",
  program: node("./desk/main.ts"),
  ports: { http: http(3080, { exposure: "public" }), ops: ops(9090) },
  uses: [api.ports.http],
});

const nightAudit = cronJob("night-audit", {
  summary: "Closes the hotel's day: posts room charges and checks that the books balance.",
  program: node("./night-audit/main.ts"),
  uses: [hotelDb, edgeDb, happened.publish],
  config: databaseConfig,
  schedule: "0 3 * * *",
  concurrency: "forbid",
  deadline: "1h",
});

export default defineSystem({
  name: "tartware",
  summary: "Hospitality: reservations, guests, rooms, billing and more behind one gateway.",
  owner: { team: "hotel", email: "hotel@example.com" },
  namespaces: [hotel],
  pools: [compute, roomy],
  parts: [
    core,
    settings,
    guests,
    rooms,
    availabilityGuard,
    reservations,
    billing,
    housekeeping,
    notification,
    revenue,
    registry,
    nightAudit,
    api,
    desk,
  ],
  stores: [hotelDb, edgeDb, cache],
  streams: [commands, happened],
  externals: [smtp, payments],
  secrets: [tokens, paymentKey],
  objectives,
  alerts,
  dashboards: [overview],
  loads,
  environments: {
    dev: environment({ replicas: 1 }),
    small: environment({
      scale: {
        api: { min: 2, max: 10 },
        core: { min: 2, max: 10 },
        reservations: { min: 2, max: 10 },
        billing: { min: 2, max: 8 },
        guests: { min: 2, max: 6 },
        rooms: { min: 2, max: 6 },
        "availability-guard": { min: 2, max: 6 },
        housekeeping: { max: 4 },
        notification: { max: 4 },
        revenue: { max: 4 },
      },
      stores: {
        "hotel-db": {
          replicas: 2,
          storage: "100Gi",
          maxConnections: 800,
          resources: { cpu: "2", memory: "8Gi" },
        },
        "edge-db": { replicas: 2 },
      },
    }),
    large: environment({}),
  },
});
