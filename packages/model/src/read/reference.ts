/**
 * Reads references: values made by builders, or their names where the definition is plain data.
 *
 * What they refer to is looked up later, when everything has been read.
 *
 * @module
 */
import type { SecretUseDraft, TargetDraft, UseDraft } from "./draft.ts";
import {
  type Faults,
  filled,
  flag,
  isRecord,
  may,
  need,
  type Read,
  shape,
  text,
  word,
  wrongType,
} from "./reader.ts";

/** The name of an element given as a value or as text. */
export function named(what: string): Read<string> {
  return (value, path, faults) => {
    const name = isRecord(value) ? value["name"] : value;
    if (typeof name === "string" && name !== "") return name;
    return wrongType(value, path, `${what}, or its name`, faults);
  };
}

const envName: Read<string> = text("a variable name such as USERS_URL", /^[A-Z][A-Z0-9_]*$/);

const portFields = shape(
  "a port of a part",
  {
    part: need(filled, ""),
    port: need(filled, ""),
  },
  ["type", "protocol", "number", "exposure", "path"],
);
const streamFields = shape(
  "a use of a stream",
  {
    stream: need(filled, ""),
    role: need(word("publish", "consume"), "publish"),
    group: may(text(), ""),
  },
  ["type"],
);

/** One thing that a part may use: a port, a store, a stream's side, an external, its own peers. */
export const readTarget: Read<TargetDraft> = (value, path, faults) => {
  if (typeof value === "string") return { to: "text", text: value };
  if (!isRecord(value)) return wrongType(value, path, targetExpected, faults);
  switch (value["type"]) {
    case "port":
      return toPort(portFields(value, path, faults));
    case "streamUse":
      return toStream(streamFields(value, path, faults));
    case "store":
    case "external":
      return toNamed(value["type"], value, path, faults);
    case "peers":
      return toPeers(value, path, faults);
    default:
      return vague(value, path, faults);
  }
};

const targetExpected = "a port, a store, a stream's publish or consume(group), or an external";

function toPort(
  fields: { readonly part: string; readonly port: string } | undefined,
): TargetDraft | undefined {
  return fields === undefined ? undefined : { to: "port", ...fields };
}

function toStream(
  fields:
    | { readonly stream: string; readonly role: "publish" | "consume"; readonly group: string }
    | undefined,
): TargetDraft | undefined {
  return fields === undefined ? undefined : { to: "stream", ...fields };
}

function toNamed(
  to: "store" | "external",
  value: unknown,
  path: string,
  faults: Faults,
): TargetDraft | undefined {
  const name = named(`a ${to}`)(value, path, faults);
  return name === undefined ? undefined : { to, name };
}

function toPeers(value: unknown, path: string, faults: Faults): TargetDraft | undefined {
  const fields = shape("peers(port)", { port: need(filled, "") }, ["type"])(value, path, faults);
  return fields === undefined ? undefined : { to: "peers", port: fields.port };
}

/** A part or a stream by itself: real, but it does not say which port or which side. */
function vague(
  value: Readonly<Record<string, unknown>>,
  path: string,
  faults: Faults,
): TargetDraft | undefined {
  const isStream = value["type"] === "stream";
  const isPart = typeof value["kind"] === "string" && isRecord(value["ports"]);
  if (!isStream && !isPart) return wrongType(value, path, targetExpected, faults);
  return faults.report({
    code: "REFERENCE_VAGUE",
    path,
    value,
    problem: isStream ? "a stream by itself says neither side" : "a part by itself says no port",
    expected: isStream ? ".publish or .consume(group) of the stream" : "one of the part's ports",
  });
}

const useFields = shape(
  "a use",
  {
    target: need(readTarget, { to: "text", text: "" }),
    env: may(envName, null),
    optional: may(flag, false),
    perReplica: may(flag, false),
  },
  ["type"],
);

/** A target as it is, or with its details spelled out by `use`. */
export const readUse: Read<UseDraft> = (value, path, faults) => {
  const spelledOut = isRecord(value) && isSpelledOut(value);
  if (!spelledOut) {
    const target = readTarget(value, path, faults);
    return target === undefined ? undefined : { path, target, ...plainUse };
  }
  const fields = useFields(value, path, faults);
  if (fields === undefined) return undefined;
  const { target } = fields;
  return target.to === "text" && target.text === "" ? undefined : { path, ...fields };
};

const plainUse = { env: null, optional: false, perReplica: false } as const;

function isSpelledOut(value: Readonly<Record<string, unknown>>): boolean {
  return value["type"] === "use" || ("target" in value && value["type"] === undefined);
}

const secretFields = shape(
  "a key of a secret",
  {
    secret: need(filled, ""),
    key: need(filled, ""),
    half: may(word("whole", "public"), "whole"),
    as: may(word("file", "env"), "file"),
    env: may(envName, null),
  },
  ["type", "public", "shape"],
);

/** `tokens.keys.signing`, or as text `"tokens.signing"`. */
export const readSecretUse: Read<SecretUseDraft> = (value, path, faults) => {
  if (typeof value === "string") {
    const [secret = "", key = ""] = value.split(".");
    return { path, secret, key, half: "whole", as: "file", env: null };
  }
  const fields = secretFields(value, path, faults);
  return fields === undefined ? undefined : { path, ...fields };
};
