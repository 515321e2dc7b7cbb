/**
 * Goal: equal definitions give equal Plans, complete and closed, whatever the order of listing.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  check,
  DefinitionError,
  type PartPlan,
  type Plan,
  parsePlan,
  plan,
  planJson,
  planSchema,
} from "../src/index.ts";
import { type Loose, partOf, sound } from "./fixture.ts";

/** The same value with the keys of every object, and these lists, in another order. */
function shuffled(value: unknown, random: () => number, path = ""): unknown {
  if (Array.isArray(value)) {
    const entries = value.map((each) => shuffled(each, random, `${path}[]`));
    return ordered.test(path) ? entries : entries.toSorted(() => random() - 0.5);
  }
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).toSorted(() => random() - 0.5);
  return Object.fromEntries(
    fields.map(([name, each]) => [name, shuffled(each, random, `${path}.${name}`)]),
  );
}

/** Lists whose order means something: stages, steps, listed values, panels. */
const ordered = /\.(stages|mix|steps|by|args|command|waves|panels|queries|on|buckets)$/;

describe("P1", () => {
  test("equal definitions give byte-equal JSON, whatever the order of listing", () => {
    const wanted = planJson(plan(sound()));
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (stream) => {
        const random = (): number => stream.next().value ?? 0;
        expect(planJson(plan(shuffled(sound(), random)))).toBe(wanted);
      }),
      { numRuns: 100 },
    );
  });

  test("a Plan is frozen to the bottom", () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(plan(sound()))).toBe(true);
  });

  test("keys are sorted at every level", () => {
    const sorted = (value: unknown): boolean => {
      if (typeof value !== "object" || value === null) return true;
      const keys = Object.keys(value);
      const isSorted = Array.isArray(value) || keys.join() === keys.toSorted().join();
      return isSorted && Object.values(value).every(sorted);
    };
    expect(sorted(plan(sound()))).toBe(true);
  });

  test("a Plan survives its own JSON, and its definition is not touched", () => {
    const definition = sound();
    const built = plan(definition);
    expect(definition).toEqual(sound());
    expect(parsePlan(JSON.parse(planJson(built)))).toEqual(built);
    expect(planJson(parsePlan(JSON.parse(planJson(built))))).toBe(planJson(built));
  });
});

test("P2: every name that a Plan refers to is a key of the map that it names", () => {
  const dangling = namesOf(plan(sound())).filter(([map, name]) => !Object.hasOwn(map, name));
  expect(dangling.map(([, name, by]) => `${by} names ${name}`)).toEqual([]);
});

/** Every name by which one thing refers to another: where it is to be found, and who says it. */
function namesOf(built: Plan): readonly (readonly [object, string, string])[] {
  const maps = {
    part: built.parts,
    store: built.stores,
    stream: built.streams,
    external: built.externals,
  };
  return [
    ...Object.values(built.parts).flatMap((part) => partNames(part, built)),
    ...built.edges.flatMap(
      ({ from, to }) =>
        [
          [built.parts, from, "edge"],
          [maps[to.kind], to.name, "edge"],
        ] as const,
    ),
    ...Object.values(built.alerts).flatMap((each) =>
      each.metrics.map((name) => [built.metrics, name, each.name] as const),
    ),
    ...Object.values(built.objectives).map((each) => [built.parts, each.part, each.name] as const),
    ...built.startOrder.flat().map((name) => [built.parts, name, "startOrder"] as const),
  ];
}

function partNames(part: PartPlan, built: Plan): readonly (readonly [object, string, string])[] {
  const portsOf = (name: string): object => built.parts[name]?.ports ?? {};
  const probes = Object.values(part.probes).filter((probe) => probe !== null);
  return [
    [built.namespaces, part.namespace, part.name],
    ...part.uses.map((use) => {
      if (use.to === "port") return [portsOf(use.part), use.port, part.name] as const;
      if (use.to === "store") return [built.stores, use.store, part.name] as const;
      if (use.to === "stream") return [built.streams, use.stream, part.name] as const;
      return [built.externals, use.external, part.name] as const;
    }),
    ...part.secrets.map(
      (use) => [built.secrets[use.secret]?.keys ?? {}, use.key, part.name] as const,
    ),
    ...part.metrics.map((name) => [built.metrics, name, part.name] as const),
    ...probes.map((probe) => [part.ports, probe.check.port, part.name] as const),
    ...(part.gateway?.routes ?? []).map(
      ({ target, name }) => [portsOf(target.part), target.port, name] as const,
    ),
  ];
}

describe("defaults and derived values", () => {
  test("US1: variables are named after what they hold", () => {
    const built = plan(sound());
    expect(built.parts["web"]?.uses.map((use) => use.env)).toEqual([
      "EVENTS_URL",
      "LEDGER_URL",
      "USERS_URL",
    ]);
    expect(built.parts["users"]?.secrets.map((use) => use.env)).toEqual(["TOKENS_SIGNING_FILE"]);
    expect(built.parts["users"]?.config["waitMs"]?.env).toBe("WAIT_MS");
  });

  test("US1: of several ports the main one gives the short name", () => {
    const system = sound();
    partOf(system, "users")["ports"]["admin"] = { protocol: "tcp", number: 2000 };
    partOf(system, "web")["uses"].push("users.admin");
    const envs = plan(system).parts["web"]?.uses.map((use) => use.env);
    expect(envs).toContain("USERS_URL");
    expect(envs).toContain("USERS_ADMIN_URL");
  });

  test("US2: a gateway uses what its routes and issuers name", () => {
    const uses = plan(sound()).parts["api"]?.uses.map((use) => use.env);
    expect(uses).toEqual(["USERS_URL", "WEB_URL"]);
  });

  test("a gateway without a program runs the gateway app", () => {
    expect(plan(sound()).parts["api"]?.program).toEqual({
      runtime: "node",
      entry: "@ashlar/gateway-app",
      args: [],
      image: "shop/api:0.1.0",
    });
  });

  test("parts with an ops port are asked there, and liveness is not readiness", () => {
    const probes = plan(sound()).parts["web"]?.probes;
    expect(probes?.readiness?.check).toEqual({ kind: "http", port: "ops", path: "/readyz" });
    expect(probes?.liveness?.check).toEqual({ kind: "http", port: "ops", path: "/healthz" });
  });

  test("HTTP parts export the standard metrics, and so do processes", () => {
    const built = plan(sound());
    expect(built.parts["web"]?.metrics).toContain("http_requests_total");
    expect(built.parts["nodes"]?.metrics).not.toContain("http_requests_total");
    expect(built.parts["nodes"]?.metrics).toContain("process_cpu_seconds_total");
    expect(built.metrics["http_requests_total"]?.parts).toEqual(["api", "users", "web"]);
  });

  test("a namespace is restricted unless a daemon takes the machine's network", () => {
    const system = sound();
    system["namespaces"].push({ name: "host" });
    const named = [...system["parts"], ...system["stores"], ...system["streams"]];
    for (const each of named) each["namespace"] = "shop";
    system["parts"].push({
      kind: "daemon",
      name: "probe",
      namespace: "host",
      program: { runtime: "node", entry: "./probe.ts" },
      hostNetwork: true,
      waivers: [{ check: "pod-security/host-network", reason: "r", until: "2099-01-01" }],
    });
    const { namespaces } = plan(system);
    expect(namespaces["host"]?.podSecurity).toBe("privileged");
    expect(namespaces["shop"]?.podSecurity).toBe("restricted");
  });

  test("the more specific route comes first", () => {
    expect(plan(sound()).parts["api"]?.gateway?.routes.map((route) => route.name)).toEqual([
      "users",
      "web",
    ]);
  });

  test("a rollout without objectives of its own is judged by the part's", () => {
    const system = sound();
    const steps = [{ weightPercent: 50, pause: "1m" }];
    partOf(system, "api")["rollout"] = { strategy: "canary", steps };
    expect(plan(system).parts["api"]?.rollout).toMatchObject({ objectives: ["latency"] });
  });

  test("an unnamed recovery point is the longest time between two backups", () => {
    expect(plan(sound()).stores["members"]?.backup?.recoveryPointMs).toBe(6 * 3_600_000);
  });
});

describe("environments", () => {
  const withLarge = (): Loose => {
    const system = sound();
    system["environments"]["large"] = {
      scale: { web: { max: 40 } },
      resources: { web: { cpu: "2" } },
      config: { users: { waitMs: "3s" } },
      hosts: { api: ["large.example.com"] },
      stores: { ledger: { storage: "1Ti", realization: "operator", replicas: 3 } },
    };
    return system;
  };

  test("SZ1: an environment wins field by field", () => {
    const built = plan(withLarge(), { environment: "large" });
    expect(built.parts["web"]?.scale).toMatchObject({ min: 2, max: 40 });
    expect(built.parts["web"]?.resources).toMatchObject({
      cpuMillicores: 2000,
      cpuLimitMillicores: 4000,
    });
    expect(built.parts["users"]?.config["waitMs"]?.value).toBe(3000);
    expect(built.parts["api"]?.gateway?.hosts).toEqual(["large.example.com"]);
    expect(built.stores["ledger"]).toMatchObject({ storageBytes: 2 ** 40, replicas: 3 });
  });

  test("SZ1: the caller's replicas win over the environment's", () => {
    const built = plan(withLarge(), { environment: "large", replicas: { web: 7 } });
    expect(built.parts["web"]?.scale).toMatchObject({ min: 7, max: 7 });
  });

  test("SZ2: a fixed number drops the signals", () => {
    expect(plan(sound()).parts["web"]?.scale).toMatchObject({ min: 1, max: 1, signals: [] });
  });

  test("dev is chosen where there is one, else the first by name", () => {
    expect(plan(withLarge()).environment).toBe("dev");
    const system = withLarge();
    delete system["environments"]["dev"];
    expect(plan(system).environment).toBe("large");
    system["environments"] = {};
    expect(plan(system).environment).toBe("dev");
  });

  test("an unknown environment and an unknown part are faults", () => {
    const act = (): Plan => plan(withLarge(), { environment: "lrage", replicas: { wbe: 1 } });
    expect(act).toThrow(DefinitionError);
    expect(act).toThrow(/unknown environment "lrage"; did you mean "large"\?/);
    expect(act).toThrow(/unknown part "wbe"; did you mean "web"\?/);
    expect(() => plan(sound(), { replicas: { web: 0 } })).toThrow(/0 is not a whole number/);
  });
});

test("plan throws one error with every fault", () => {
  const system = sound();
  partOf(system, "web")["uses"] = ["ledgre"];
  system["owner"] = {};
  try {
    plan(system);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    const { code, detail, message } = error as DefinitionError;
    expect(code).toBe("DEFINITION_INVALID");
    expect(detail.faults).toEqual(check(system));
    for (const fault of detail.faults) expect(message).toContain(fault.message);
  }
});

describe("cycles and start order", () => {
  test("SO2: parts of a cycle share a wave, and their uses of each other are optional", () => {
    const system = sound();
    system["uses"] = [["users", "web.http"]];
    expect(check(system)).toEqual([]);
    const built = plan(system);
    expect(built.startOrder).toEqual([["nodes", "users", "web"], ["api"]]);
    const use = built.parts["users"]?.uses.find((each) => each.env === "WEB_URL");
    expect(use?.optional).toBe(true);
  });

  test("SO1: a part starts after what it needs", () => {
    expect(plan(sound()).startOrder).toEqual([["nodes", "users"], ["web"], ["api"]]);
  });
});

describe("parsePlan", () => {
  test("refuses what is not a Plan, and says where", () => {
    const document = JSON.parse(planJson(plan(sound())));
    document.parts.web.kind = "servce";
    document.extra = 1;
    document.parts.users.ports.http.number = "3001";
    expect(() => parsePlan(document)).toThrow(
      expect.objectContaining({
        code: "PLAN_INVALID",
        detail: {
          violations: [
            expect.stringContaining("parts.users.ports.http.number"),
            expect.stringContaining("parts.web.kind"),
            expect.stringContaining("extra"),
          ],
        },
      }),
    );
  });

  test.each([undefined, null, 1, "x", [], {}])("refuses %j", (document) => {
    expect(() => parsePlan(document)).toThrow(expect.objectContaining({ code: "PLAN_INVALID" }));
  });

  test("the JSON Schema is of draft 2020-12 and knows the top of a Plan", () => {
    const schema = planSchema();
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(Object.keys(schema["properties"] as object).toSorted()).toEqual(
      Object.keys(plan(sound())),
    );
    expect(schema["additionalProperties"]).toBe(false);
  });
});
