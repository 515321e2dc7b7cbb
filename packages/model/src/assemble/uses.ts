/**
 * Resolves what parts use, and names the variables that carry the addresses.
 *
 * - US1  A variable is named `<NAME>_URL`; of a part's several ports all but the main one are
 *        `<PART>_<PORT>_URL`. The main port is the one called `http`, else that of lowest number.
 * - US2  A gateway uses what its routes, issuers and shared state name, without saying so again.
 *
 * @module
 */
import { upperSnake } from "../config.ts";
import type { PortPlan, UsePlan } from "../plan/part.ts";
import type { SecretUsePlan } from "../plan/secret.ts";
import type { PartDraft, SystemDraft, TargetDraft, UseDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";
import { type Directory, find } from "./directory.ts";

/** A use with the place where the definition says so. */
interface ResolvedUse {
  readonly path: string;
  readonly use: UsePlan;
}

export interface ResolvedPart {
  readonly draft: PartDraft;
  readonly uses: readonly ResolvedUse[];
  readonly secrets: readonly SecretUsePlan[];
}

/** The port that `<PART>_URL` stands for (US1); undefined for a part that serves nothing. */
export function mainPort(part: PartDraft): PortPlan | undefined {
  const ports = Object.values(part.ports).filter((port) => port.exposure !== "ops");
  const byNumber = ports.toSorted((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
  return byNumber.find((port) => port.name === "http") ?? byNumber[0];
}

/** Everything that a part depends on, resolved; what is unknown is reported and left out. */
export function resolvePart(
  part: PartDraft,
  among: {
    readonly system: SystemDraft;
    readonly directory: Directory;
    readonly faults: Faults;
  },
): ResolvedPart {
  const { system, directory, faults } = among;
  const declaredApart = system.uses.filter(({ from }) => from === part.name);
  const said = [...part.uses, ...declaredApart.map(({ use }) => use)];
  const uses: ResolvedUse[] = [];
  for (const draft of said) {
    const use = resolveUse(draft, part, directory, faults);
    if (use === undefined) continue;
    if (uses.some((other) => sameTarget(other.use, use))) {
      faults.report({
        code: "USE_DUPLICATE",
        path: draft.path,
        value: describeUse(use),
        expected: "each use once",
        problem: `${describeUse(use)} is used twice`,
      });
      continue;
    }
    uses.push({ path: draft.path, use });
  }
  for (const draft of impliedUses(part)) {
    const use = resolveUse(draft, part, directory, faults);
    if (use === undefined || uses.some((other) => sameTarget(other.use, use))) continue;
    uses.push({ path: draft.path, use });
  }
  return { draft: part, uses, secrets: resolveSecrets(part, directory, faults) };
}

/** What a gateway uses by its routes, issuers and shared state (US2). */
function impliedUses(part: PartDraft): readonly UseDraft[] {
  if (part.gateway === null) return [];
  const { routes, issuers, sharedState } = part.gateway;
  const plain = { env: null, optional: false, perReplica: false } as const;
  const uses: UseDraft[] = [];
  for (const { target, path } of routes) {
    // What is no port is judged as a route, and is no use.
    const isPort = target.to === "port" || (target.to === "text" && target.text.includes("."));
    if (isPort) uses.push({ ...plain, target, path: `${path}.target` });
  }
  for (const { plan, path } of issuers) {
    if (plan.jwks.from === "url") continue;
    const { part: name, port } = plan.jwks;
    uses.push({ ...plain, target: { to: "port", part: name, port }, path: `${path}.jwks` });
  }
  if (sharedState !== null) {
    const target = { to: "store", name: sharedState } as const;
    uses.push({ ...plain, target, path: `${part.path}.sharedState` });
  }
  return uses;
}

function resolveUse(
  draft: UseDraft,
  part: PartDraft,
  directory: Directory,
  faults: Faults,
): UsePlan | undefined {
  const target = resolveTarget(draft.target, { path: draft.path, part, directory, faults });
  if (target === undefined) return undefined;
  const isSelf = target.to === "port" && target.part === part.name;
  const use = {
    ...target,
    env: draft.env ?? defaultEnv(target, directory),
    optional: draft.optional || isSelf,
  };
  return use.to === "port" ? { ...use, perReplica: draft.perReplica || isSelf } : use;
}

/** A use without its details. */
export type Target =
  | { readonly to: "port"; readonly part: string; readonly port: string }
  | { readonly to: "store"; readonly store: string }
  | {
      readonly to: "stream";
      readonly stream: string;
      readonly role: "publish" | "consume";
      readonly group: string;
    }
  | { readonly to: "external"; readonly external: string };

interface Asking {
  readonly path: string;
  readonly part: PartDraft;
  readonly directory: Directory;
  readonly faults: Faults;
}

/** What a reference means here; undefined after its fault has been reported. */
function resolveTarget(target: TargetDraft, asking: Asking): Target | undefined {
  const { directory, path, faults, part } = asking;
  switch (target.to) {
    case "port":
      return resolvePort(target.part, target.port, asking);
    case "peers":
      return resolvePeers(target.port, asking);
    case "stream": {
      const found = find(directory.streams, target.stream, { path, what: "stream", faults });
      return found === undefined ? undefined : resolveGroup(target, asking);
    }
    case "store": {
      const found = find(directory.stores, target.name, { path, what: "store", faults });
      return found === undefined ? undefined : { to: "store", store: found.name };
    }
    case "external": {
      const found = find(directory.externals, target.name, { path, what: "external", faults });
      return found === undefined ? undefined : { to: "external", external: found.name };
    }
    case "text":
    default:
      return target.text === "" ? undefined : resolveText(target.text, { ...asking, part });
  }
}

function resolveGroup(
  target: Extract<TargetDraft, { readonly to: "stream" }>,
  { path, faults }: Asking,
): Target | undefined {
  const grouped = target.role === "publish" || /^[a-z][a-z0-9-]{0,39}$/.test(target.group);
  if (grouped) return target;
  return faults.report({
    code: "NAME_INVALID",
    path,
    value: target.group,
    expected: "a consumer group of lower-case letters, digits and hyphens",
  });
}

function resolvePort(name: string, port: string, asking: Asking): Target | undefined {
  const { directory, path, faults, part } = asking;
  const owner = find(directory.parts, name, { path, what: "part", faults });
  if (owner === undefined) return undefined;
  const ports = new Map(Object.entries(owner.ports));
  const found = find(ports, port, { path, what: `port of ${name}`, faults });
  if (found === undefined) return undefined;
  if (found.exposure === "ops") return reportOps(owner, port, asking);
  if (owner.name === part.name) {
    return faults.report({
      code: "USE_SELF",
      path,
      value: `${name}.${port}`,
      expected: part.kind === "stateful" ? `peers("${port}")` : "another part",
      problem: "a part does not use itself",
    });
  }
  return { to: "port", part: name, port };
}

function reportOps(owner: PartDraft, port: string, { path, faults }: Asking): undefined {
  const isRoute = path.endsWith(".target");
  const others = Object.values(owner.ports).filter((each) => each.exposure !== "ops");
  const names = others.map((each) => each.name).join(", ");
  return faults.report({
    code: isRoute ? "ROUTE_TARGET_OPS" : "PORT_OPS_USED",
    path,
    value: `${owner.name}.${port}`,
    expected: names === "" ? "a port that is not ops" : `another port of ${owner.name}: ${names}`,
    problem: `"${owner.name}.${port}" is for the platform alone`,
  });
}

function resolvePeers(port: string, { part, path, faults }: Asking): Target | undefined {
  if (part.kind !== "stateful") {
    return faults.report({
      code: "PEERS_UNFIT",
      path,
      value: port,
      expected: "a stateful part, whose replicas have names",
      problem: `a ${part.kind} has no peers`,
    });
  }
  const ports = new Map(Object.entries(part.ports));
  const found = find(ports, port, { path, what: `port of ${part.name}`, faults });
  return found === undefined ? undefined : { to: "port", part: part.name, port };
}

const consumeText = /^consume(?:\((.*)\)|:(.*))$/;

/** `ledger`, `users.http`, `events.publish`, `events.consume(mail)`. */
function resolveText(text: string, asking: Asking): Target | undefined {
  const { directory, path, faults } = asking;
  const [head = "", ...rest] = text.split(".");
  const tail = rest.join(".");
  if (rest.length > 0) {
    if (!directory.streams.has(head)) return resolvePort(head, tail, asking);
    const group = consumeText.exec(tail);
    if (tail === "publish") return { to: "stream", stream: head, role: "publish", group: "" };
    const named = group?.[1] ?? group?.[2] ?? "";
    return resolveGroup({ to: "stream", stream: head, role: "consume", group: named }, asking);
  }
  if (directory.stores.has(head)) return { to: "store", store: head };
  if (directory.externals.has(head)) return { to: "external", external: head };
  const isPart = directory.parts.has(head);
  if (isPart || directory.streams.has(head)) {
    return faults.report({
      code: "REFERENCE_VAGUE",
      path,
      value: head,
      problem: isPart ? `"${head}" is a part, and says no port` : `"${head}" says neither side`,
      expected: isPart ? `"${head}.<port>"` : `"${head}.publish" or "${head}.consume(group)"`,
    });
  }
  const known = [directory.stores, directory.externals, directory.streams, directory.parts];
  const names = known.flatMap((each) => [...each.keys()]);
  const near = [...directory.stores.keys()];
  return faults.report({
    code: "REFERENCE_UNKNOWN",
    path,
    value: head,
    expected: `a name that the system lists: ${names.join(", ")}`,
    problem: `unknown store "${head}"`,
    candidates: [...near, ...names],
  });
}

/** US1. */
function defaultEnv(target: Target, directory: Directory): string {
  switch (target.to) {
    case "store":
      return `${upperSnake(target.store)}_URL`;
    case "stream":
      return `${upperSnake(target.stream)}_URL`;
    case "external":
      return `${upperSnake(target.external)}_URL`;
    case "port":
    default: {
      const owner = directory.parts.get(target.part);
      const isMain = owner !== undefined && mainPort(owner)?.name === target.port;
      const name = upperSnake(target.part);
      return isMain ? `${name}_URL` : `${name}_${upperSnake(target.port)}_URL`;
    }
  }
}

/** Do two uses open the same connection in the same role? */
function sameTarget(a: UsePlan, b: UsePlan): boolean {
  return describeUse(a) === describeUse(b);
}

/** A use in words: `users.http`, `events.consume(mail)`. */
export function describeUse(use: Target): string {
  switch (use.to) {
    case "port":
      return `${use.part}.${use.port}`;
    case "store":
      return use.store;
    case "external":
      return use.external;
    case "stream":
    default:
      return `${use.stream}.${use.role === "publish" ? "publish" : `consume(${use.group})`}`;
  }
}

function resolveSecrets(
  part: PartDraft,
  directory: Directory,
  faults: Faults,
): readonly SecretUsePlan[] {
  const uses = new Map<string, SecretUsePlan>();
  for (const draft of part.secrets) {
    const { path, secret, key, half, as } = draft;
    const owner = find(directory.secrets, secret, { path, what: "secret", faults });
    if (owner === undefined) continue;
    const keys = new Map(Object.entries(owner.plan.keys));
    const shape = find(keys, key, { path, what: `key of secret ${secret}`, faults });
    if (shape === undefined) continue;
    if (half === "public" && shape.shape !== "privateKey") {
      faults.report({
        code: "SECRET_HALF_INVALID",
        path,
        value: `${secret}.${key}`,
        expected: "a private key, which alone has a public half",
        problem: `"${secret}.${key}" is a ${shape.shape} and has no public half`,
      });
      continue;
    }
    const stem = `${upperSnake(secret)}_${upperSnake(key)}${half === "public" ? "_PUBLIC" : ""}`;
    const env = draft.env ?? (as === "file" ? `${stem}_FILE` : stem);
    const identity = `${secret}.${key}.${half}.${as}`;
    if (uses.has(identity)) {
      faults.report({
        code: "USE_DUPLICATE",
        path,
        value: `${secret}.${key}`,
        expected: "each key once",
        problem: `"${secret}.${key}" is used twice`,
      });
      continue;
    }
    uses.set(identity, { secret, key, half, as, env });
  }
  return [...uses.values()];
}
