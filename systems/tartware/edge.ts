/**
 * Tartware's way in, and the traffic that proves what it carries.
 */
import {
  aggressive,
  cpu,
  gateway,
  http,
  httpRequestsInFlight,
  jwtIssuer,
  type Load,
  load,
  memory,
  metric,
  ops,
  type Part,
  type PortDeclaration,
  type Route,
  type RouteOptions,
  resources,
  route,
} from "@ashlar/model";
import { cache, compute } from "./platform.ts";
import {
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

const sessions = jwtIssuer("tartware", {
  issuer: "https://hotel.example.com",
  audiences: ["tartware"],
  algorithms: ["RS256"],
  jwks: core.ports.http.path("/.well-known/jwks.json"),
});
const member = sessions.access();
const manager = sessions.access({ roles: ["manager"] });

const breaker = { consecutiveFailures: 5, open: "30s" } as const;

/** Reads: repeated if a replica fails, 200 a minute for each consumer. */
const read: RouteOptions = {
  methods: ["GET"],
  access: member,
  rateLimits: [{ by: "consumer", requests: 200, window: "1m" }],
  retry: { attempts: 2 },
  breaker,
};
/** Writes: never repeated by the gateway, 60 a minute for each consumer. */
const write: RouteOptions = {
  methods: ["POST", "PUT", "PATCH", "DELETE"],
  access: member,
  rateLimits: [{ by: "consumer", requests: 60, window: "1m" }],
  breaker,
};

const signIn = route("sign-in", "/v1/auth/*", core.ports.http, {
  methods: ["POST"],
  rateLimits: [{ by: "ip", requests: 20, window: "1m" }],
});
const commandsIn = route("commands", "/v1/commands/{command}", core.ports.http, write);
const availability = route("availability", "/v1/rooms/availability", rooms.ports.http, {
  ...read,
  cache: { ttl: "1s", vary: ["authorization", "accept"] },
});
const readReservations = route("reservations", "/v1/reservations/*", reservations.ports.http, read);
const readGuests = route("guests", "/v1/guests/*", guests.ports.http, read);

const routes: readonly Route[] = [
  signIn,
  commandsIn,
  availability,
  readReservations,
  readGuests,
  route("properties", "/v1/properties/*", core.ports.http, read),
  route("rooms", "/v1/rooms/*", rooms.ports.http, read),
  route("folios", "/v1/billing/*", billing.ports.http, read),
  route("housekeeping", "/v1/housekeeping/*", housekeeping.ports.http, read),
  route("notifications", "/v1/notifications/*", notification.ports.http, read),
  route("revenue", "/v1/revenue/*", revenue.ports.http, { ...read, access: manager }),
  route("settings", "/v1/settings/*", settings.ports.http, read),
  route("change-settings", "/v1/settings/*", settings.ports.http, { ...write, access: manager }),
  route("registry", "/v1/registry/*", registry.ports.http, read),
];

type ApiPorts = {
  readonly http: PortDeclaration<"http", "public">;
  readonly ops: PortDeclaration<"http", "ops">;
};

export const api: Part<"api", ApiPorts, "gateway"> = gateway("api", {
  summary: "The only way in.",
  ports: { http: http(8080, { exposure: "public" }), ops: ops(9090) },
  hosts: ["hotel.example.com"],
  sharedState: cache,
  issuers: [sessions],
  cors: { origins: ["https://desk.hotel.example.com"], credentials: true },
  openapi: { title: "Tartware", version: "1.0.0" },
  routes,
  scale: {
    min: 10,
    max: 100,
    on: [cpu(70), memory(80), metric(httpRequestsInFlight, { perReplica: 50 })],
    up: {
      ...aggressive,
      steps: [
        { percent: 100, period: "15s" },
        { replicas: 10, period: "15s" },
      ],
    },
    down: {
      stabilization: "300s",
      select: "min",
      steps: [
        { percent: 10, period: "60s" },
        { replicas: 2, period: "60s" },
      ],
    },
  },
  resources: resources({ cpu: "500m", cpuLimit: "2", memory: "512Mi", memoryLimit: "1Gi" }),
  placement: { priority: "critical", pool: compute },
});

const command = (name: string, weight: number): { route: Route; weight: number; body: string } => ({
  route: commandsIn,
  weight,
  body: JSON.stringify({ command: name }),
});

/** What a day at the desk is made of; reads come on top. */
const mix = [
  command("createReservation", 30),
  command("registerGuest", 20),
  command("modifyReservation", 15),
  command("takePayment", 15),
  command("cancelReservation", 10),
  command("assignHousekeeping", 10),
  { route: readReservations, weight: 200 },
  { route: availability, weight: 150 },
  { route: readGuests, weight: 50 },
];

export const loads: readonly Load[] = [
  load("smoke", { target: api, stages: [{ for: "30s", perSecond: 100 }], mix }),
  load("load", {
    target: api,
    stages: [
      { for: "3m", perSecond: 20_000 },
      { for: "20m", perSecond: 20_000 },
      { for: "1m", perSecond: 0 },
    ],
    mix,
  }),
  load("stress", {
    target: api,
    stages: [
      { for: "5m", perSecond: 10_000 },
      { for: "5m", perSecond: 20_000 },
      { for: "5m", perSecond: 30_000 },
      { for: "5m", perSecond: 40_000 },
    ],
    mix,
  }),
  load("spike", {
    target: api,
    stages: [
      { for: "2m", perSecond: 2_000 },
      { for: "10s", perSecond: 20_000 },
      { for: "3m", perSecond: 20_000 },
      { for: "10s", perSecond: 2_000 },
      { for: "2m", perSecond: 2_000 },
    ],
    mix,
  }),
  load("endurance", {
    target: api,
    stages: [
      { for: "5m", perSecond: 10_000 },
      { for: "4h", perSecond: 10_000 },
    ],
    mix,
  }),
];
