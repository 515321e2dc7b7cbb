/**
 * Values for secrets on one machine: made once by their shape, kept in files for their owner alone.
 *
 * Layout: `secrets/<secret>/<key>`, or `secrets/<secret>/<ordinal>/<key>` where each replica has its
 * own. A private key has its public half beside it in `<key>.pub`; a certificate is one PEM file
 * (certificate, then key) with its halves in `<key>.crt` and `<key>.key`.
 *
 * - LSV1  A value once made is never made again while its file exists.
 * - LSV2  Directories are 0700, files 0600, from their first moment.
 * - LSV3  No value is ever in an error, a log or the status.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes, randomInt } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "@ashlar/foundation";
import type { Plan, SecretPlan, SecretShapePlan, SecretUsePlan } from "@ashlar/model";
import { selfSignedCertificate } from "./certificate.ts";
import { SecretMissingError, StateUnwritableError } from "./errors.ts";

export interface SecretVaultOptions {
  readonly directory: string;
  readonly plan: Plan;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

export class SecretVault {
  readonly #options: SecretVaultOptions;

  private constructor(options: SecretVaultOptions) {
    this.#options = options;
  }

  /** @throws {SecretMissingError} naming every supplied value that nobody supplies. */
  static open(options: SecretVaultOptions): SecretVault {
    const missing = Object.values(options.plan.secrets).flatMap((secret) =>
      Object.entries(secret.keys)
        .filter(([, shape]) => shape.shape === "supplied" && shape.local === null)
        .map(([key]) => suppliedVariable(secret.name, key))
        .filter((variable) => (options.variables[variable] ?? "") === ""),
    );
    if (missing.length > 0) throw new SecretMissingError(missing.toSorted());
    return new SecretVault(options);
  }

  /** Path of the file that holds what `use` asks for; made now if it does not exist yet. */
  async fileFor(use: SecretUsePlan, ordinal: number): Promise<string> {
    const secret = this.#options.plan.secrets[use.secret];
    const shape = secret?.keys[use.key];
    if (secret === undefined || shape === undefined) {
      throw new SecretMissingError([suppliedVariable(use.secret, use.key)]);
    }
    const path = this.#pathOf(secret, use.key, ordinal);
    await this.#ensure(path, secret, { key: use.key, shape });
    return use.half === "public" ? `${path}.pub` : path;
  }

  async valueFor(use: SecretUsePlan, ordinal: number): Promise<string> {
    return readFile(await this.fileFor(use, ordinal), "utf8");
  }

  #pathOf(secret: SecretPlan, key: string, ordinal: number): string {
    const own = secret.perReplica ? [String(ordinal)] : [];
    return join(this.#options.directory, secret.name, ...own, key);
  }

  async #ensure(
    path: string,
    secret: SecretPlan,
    what: { readonly key: string; readonly shape: SecretShapePlan },
  ): Promise<void> {
    const { shape, key } = what;
    if (shape.shape === "supplied") {
      const given = this.#options.variables[suppliedVariable(secret.name, key)];
      const value = given === undefined || given === "" ? (shape.local ?? "") : given;
      if ((await present(path)) !== value) await writePrivate(path, value, "replace");
      return;
    }
    if ((await present(path)) !== undefined) return; // LSV1
    const files = valuesFor(shape, this.#options.clock);
    for (const [suffix, value] of Object.entries(files)) {
      if (suffix !== "") await writePrivate(`${path}${suffix}`, value, "replace");
    }
    await writePrivate(path, files[""] ?? "", "keep"); // Last: its presence means that all are there.
  }
}

/** `<SECRET>_<KEY>`, as for `payments.apiKey` the variable `PAYMENTS_API_KEY`. */
export function suppliedVariable(secret: string, key: string): string {
  return `${upperSnake(secret)}_${upperSnake(key)}`;
}

export function upperSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

const passwordAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const dayMs = 86_400_000;

/** File contents by suffix; the value itself is under the empty one. */
function valuesFor(
  shape: Exclude<SecretShapePlan, { readonly shape: "supplied" }>,
  clock: Clock,
): Readonly<Record<string, string>> {
  if (shape.shape === "privateKey") return keyPair(shape.algorithm);
  if (shape.shape === "bytes") {
    return { "": randomBytes(shape.count).toString(shape.encoding) };
  }
  if (shape.shape === "password") {
    const letter = (): string => passwordAlphabet[randomInt(passwordAlphabet.length)] ?? "";
    return { "": Array.from({ length: shape.length }, letter).join("") };
  }
  const made = selfSignedCertificate({
    names: shape.names,
    notBeforeMs: clock.wallMs() - dayMs,
    notAfterMs: clock.wallMs() + 825 * dayMs,
  });
  return { "": made.certificate + made.key, ".crt": made.certificate, ".key": made.key };
}

function keyPair(algorithm: "ed25519" | "rs256" | "secp256k1"): Readonly<Record<string, string>> {
  const made =
    algorithm === "rs256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : algorithm === "ed25519"
        ? generateKeyPairSync("ed25519")
        : generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  return {
    "": made.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ".pub": made.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** A file's content; undefined when there is none. */
async function present(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new StateUnwritableError(path, error);
  }
}

/** `keep`: where a file is there already, it stays as it is (LSV1). */
async function writePrivate(path: string, value: string, mode: "keep" | "replace"): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const target = mode === "keep" ? path : `${path}.new`;
    const file = await open(target, mode === "keep" ? "wx" : "w", 0o600); // LSV2
    await file.writeFile(value);
    await file.close();
    if (mode === "replace") await rename(target, path);
  } catch (error) {
    if (mode === "keep" && (error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw new StateUnwritableError(path, error);
  }
}
