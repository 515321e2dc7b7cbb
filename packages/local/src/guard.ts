/**
 * Loaded into every Node process of a part before its own code (`--import`): ends the process when
 * its supervisor has died, and refuses connections that the part has not declared.
 *
 * It imports only what Node has at hand, for every process of a system pays for it at each start.
 * It is there to find mistakes where they are made, not to hold an attacker: native code, and a
 * program that is not Node, pass it by (docs/adr/0041-policy-by-preload.md).
 *
 * - LGD1  A connection to an address that the policy does not allow fails at once, with an error that
 *        names what to declare; nothing of it reaches the network.
 * - LGD2  An address that is not found is looked for again in the policy file if that has changed, so
 *        a part can use a replica that came later.
 * - LGD3  A name is matched as it was declared, before it is resolved; an address by number is also
 *        matched with what the declared names resolve to.
 * - LGD5  A process that is started ahead of its turn loads what its entry imports, and begins with the
 *        entry's own code only when the supervisor says so over the pipe.
 * - LGD4  When the pipe from the supervisor closes, the process gets SIGTERM, and SIGKILL later.
 *
 * @module
 */
import dgram from "node:dgram";
import { lookup } from "node:dns";
import { readFileSync, statSync, writeSync } from "node:fs";
import { flushCompileCache, type LoadFnOutput, registerHooks } from "node:module";
import { Socket } from "node:net";
import { resolve } from "node:path";
import process, { env } from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { NetworkPolicyDeniedError } from "./network-policy-denied.ts";

interface Policy {
  readonly part: string;
  readonly unrestricted: boolean;
  readonly allowed: ReadonlySet<string>;
  readonly directories: readonly string[];
  readonly known: Readonly<Record<string, { readonly name: string; readonly use: string | null }>>;
}

/** Where a connection is to go. */
type Target =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly key: string };

const policyPath = env["ASHLAR_POLICY"] ?? "";
const ownPorts = new Set(
  Object.entries(env)
    .filter(([name]) => name.startsWith("ASHLAR_PORT_"))
    .map(([, port]) => `loopback:${port}`),
);
let policy: Policy | undefined;
let policyMtimeMs = -1;
const denials = new Map<string, number>();

watchLifeline();
if (policyPath !== "" && !readPolicy().unrestricted) guardSockets();
if (isMainThread) void keepCompileCache();

/** LGD4. The variable is taken away so that a child process does not take its own fd 3 for the pipe. */
function watchLifeline(): void {
  const descriptor = Number(env["ASHLAR_LIFELINE_FD"] ?? "");
  if (!isMainThread || descriptor <= 2) return;
  delete env["ASHLAR_LIFELINE_FD"];
  const graceMs = Number(env["ASHLAR_GRACE_MS"] ?? "10000");
  delete env["ASHLAR_GRACE_MS"];
  let lost = false;
  const onLost = (): void => {
    if (lost) return;
    lost = true;
    process.kill(process.pid, "SIGTERM");
    void delay(graceMs).then(() => process.kill(process.pid, "SIGKILL"));
  };
  const lifeline = new Socket({ fd: descriptor, readable: true, writable: false });
  lifeline.on("end", onLost);
  lifeline.on("close", onLost);
  lifeline.on("error", onLost);
  if (env["ASHLAR_HOLD"] === "1") {
    holdEntry(new Promise((resolve) => lifeline.once("data", () => resolve(lifeline.unref()))));
  } else {
    lifeline.resume();
    lifeline.unref();
  }
}

/** LGD5. A module's imports are evaluated before its first statement: that is where it waits. */
function holdEntry(turn: Promise<unknown>): void {
  delete env["ASHLAR_HOLD"];
  const entry = pathToFileURL(process.argv[1] ?? "").href;
  const key = "ashlar.turn";
  Object.defineProperty(globalThis, Symbol.for(key), { value: turn });
  const hooks = registerHooks({
    load: (url, context, nextLoad): LoadFnOutput => {
      const loaded = nextLoad(url, context);
      if (url !== entry) return loaded;
      hooks.deregister();
      const source = Buffer.from((loaded.source ?? "") as Uint8Array).toString("utf8");
      const comment = source.startsWith("#!") ? "//" : ""; // What it has to say is over by now.
      return { ...loaded, source: `await globalThis[Symbol.for("${key}")];${comment}${source}` };
    },
  });
}

/** A process that is killed writes no cache; so it is written once the start is over. */
async function keepCompileCache(): Promise<void> {
  await delay(3_000, undefined, { ref: false });
  flushCompileCache();
}

type Method<This> = (this: This, ...args: unknown[]) => unknown;

function guardSockets(): void {
  const stream = Socket.prototype as unknown as Record<"connect", Method<Socket>>;
  const { connect } = stream;
  stream.connect = function guarded(...args) {
    const go = (): unknown => Reflect.apply(connect, this, args);
    const target = targetOf(args);
    if (target === undefined || isAllowed(target)) return go();
    decideLater(target, go, (error) => this.destroy(error));
    return this;
  };
  const datagram = dgram.Socket.prototype as unknown as Record<
    "connect" | "send",
    Method<dgram.Socket>
  >;
  const { connect: associate, send } = datagram;
  datagram.connect = function guarded(...args) {
    const [port, host] = args;
    const target = internet(typeof host === "string" ? host : "localhost", Number(port));
    if (isAllowed(target)) return Reflect.apply(associate, this, args);
    return failDatagram(this, args, refuse(target));
  };
  datagram.send = function guarded(...args) {
    const target = datagramTargetOf(args);
    if (target === undefined || isAllowed(target)) return Reflect.apply(send, this, args);
    return failDatagram(this, args, refuse(target));
  };
}

/** As Node does it: to the callback where there is one, else as an event. */
function failDatagram(socket: dgram.Socket, args: readonly unknown[], error: Error): void {
  const callback = args.at(-1);
  process.nextTick(() => {
    if (typeof callback === "function") Reflect.apply(callback, socket, [error]);
    else socket.emit("error", error);
  });
}

/** Node calls `connect` with options, a path, a port and a host, or an array of all these. */
function targetOf(args: readonly unknown[]): Target | undefined {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as readonly unknown[];
  if (typeof first === "object" && first !== null) {
    const { path, host, port } = first as { path?: unknown; host?: unknown; port?: unknown };
    if (typeof path === "string") return { path };
    return internet(typeof host === "string" && host !== "" ? host : "localhost", Number(port));
  }
  if (typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first))) {
    return internet(typeof second === "string" ? second : "localhost", Number(first));
  }
  return typeof first === "string" ? { path: first } : undefined;
}

/** `send(message, [offset, length,] port [, address] [, callback])`; none on a connected socket. */
function datagramTargetOf(args: readonly unknown[]): Target | undefined {
  const numbers = args.slice(1).filter((each) => typeof each === "number");
  const port = numbers.length >= 3 ? numbers[2] : numbers.length === 1 ? numbers[0] : undefined;
  if (port === undefined) return undefined;
  const address = args.slice(2).find((each) => typeof each === "string");
  return internet(typeof address === "string" ? address : "localhost", port);
}

function internet(host: string, port: number): Target {
  const bare = host.toLowerCase().replace(/^::ffff:/, "");
  const loopback =
    bare === "localhost" ||
    bare.endsWith(".localhost") ||
    bare === "::1" ||
    bare === "::" ||
    bare === "0.0.0.0" ||
    bare.startsWith("127.");
  return { host, port, key: `${loopback ? "loopback" : bare}:${port}` };
}

function isAllowed(target: Target): boolean {
  if (permits(readPolicyOnce(), target)) return true;
  return permits(readPolicy(), target); // LGD2
}

function permits({ unrestricted, allowed, directories }: Policy, target: Target): boolean {
  if (unrestricted) return true;
  if ("key" in target) return allowed.has(target.key) || ownPorts.has(target.key);
  return directories.some((each) => resolve(target.path).startsWith(`${each}/`));
}

function readPolicyOnce(): Policy {
  return policy ?? readPolicy();
}

function readPolicy(): Policy {
  try {
    const { mtimeMs } = statSync(policyPath);
    if (policy !== undefined && mtimeMs === policyMtimeMs) return policy;
    const read = JSON.parse(readFileSync(policyPath, "utf8")) as Policy & {
      readonly allowed: readonly string[];
    };
    policy = { ...read, allowed: new Set(read.allowed) };
    policyMtimeMs = mtimeMs;
    return policy;
  } catch {
    return policy ?? closedPolicy; // The supervisor is going, or has gone.
  }
}

const closedPolicy: Policy = {
  part: env["ASHLAR_PART"] ?? "this part",
  unrestricted: false,
  allowed: new Set(),
  directories: [],
  known: {},
};

/** LGD3: an address by number may be one of a declared name's. */
function decideLater(target: Target, go: () => void, fail: (error: Error) => void): void {
  const names = "key" in target && /^[\d.]+$|:/.test(target.host) ? namesWithPort(target.port) : [];
  if (!("key" in target) || names.length === 0) {
    const error = refuse(target);
    process.nextTick(fail, error);
    return;
  }
  let waiting = names.length;
  let found = false;
  for (const name of names) {
    lookup(name, { all: true }, (_, addresses) => {
      waiting -= 1;
      if (found) return;
      found = (addresses ?? []).some(({ address }) => address === target.host);
      if (found) go();
      else if (waiting === 0) fail(refuse(target));
    });
  }
}

function namesWithPort(port: number): readonly string[] {
  const suffix = `:${port}`;
  return [...readPolicyOnce().allowed]
    .filter((key) => key.endsWith(suffix) && !key.startsWith("loopback:"))
    .map((key) => key.slice(0, -suffix.length));
}

function refuse(target: Target): NetworkPolicyDeniedError {
  const { part, known } = readPolicyOnce();
  const address = "key" in target ? target.host : target.path;
  const port = "key" in target ? target.port : undefined;
  const place = port === undefined ? address : `${address}:${port}`;
  const match = "key" in target ? known[target.key] : undefined;
  const text = `${part} may not connect to ${place}${match === undefined ? "" : ` (${match.name})`}`;
  const error = new NetworkPolicyDeniedError(
    `${text}: ${adviceFor(target, part, match)}`,
    address,
    port,
  );
  report(error, place);
  return error;
}

function adviceFor(
  target: Target,
  part: string,
  match: { readonly name: string; readonly use: string | null } | undefined,
): string {
  if (match !== undefined) {
    return match.use === null
      ? "it is for the platform alone"
      : `add ${match.use} to the uses of ${part}`;
  }
  if (!("key" in target)) return "a Unix socket outside of its own volumes is not for it";
  if (target.key.startsWith("loopback:")) {
    return "nothing of this system listens there; declare what does as a part, store or external";
  }
  return `declare an external with host ${target.host} and port ${target.port} and add it to the uses of ${part}`;
}

/** One log line at the first refusal of an address, and then whenever their number has doubled. */
function report(error: NetworkPolicyDeniedError, place: string): void {
  const count = (denials.get(place) ?? 0) + 1;
  denials.set(place, count);
  if ((count & (count - 1)) !== 0) return;
  const line = {
    time: timeNow(),
    level: "error",
    part: env["ASHLAR_PART"],
    instance: env["ASHLAR_INSTANCE"],
    text: error.message,
    code: error.code,
    target: place,
    count,
  };
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // A full pipe is no reason to fail; the part has its error.
  }
}

function timeNow(): string {
  // oxlint-disable-next-line no-restricted-globals -- this module is a program of its own
  return new Date().toISOString();
}
