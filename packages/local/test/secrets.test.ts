import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import type { Plan, SecretShapePlan, SecretUsePlan } from "@ashlar/model";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { selfSignedCertificate } from "../src/certificate.ts";
import { SecretVault, suppliedVariable } from "../src/secret-values.ts";
import { plan, temporaryDirectory } from "./system-fixture.ts";

function planWith(keys: Readonly<Record<string, SecretShapePlan>>, perReplica = false): Plan {
  return plan([], {
    secrets: {
      tokens: {
        name: "tokens",
        summary: "",
        namespace: "default",
        keys,
        perReplica,
        source: "external",
        rotationDays: null,
      },
    },
  });
}

const asking = (key: string, half: "whole" | "public" = "whole"): SecretUsePlan => ({
  secret: "tokens",
  key,
  half,
  as: "file",
  env: "X",
});

interface Opened extends AsyncDisposable {
  readonly directory: string;
  readonly open: (plan: Plan, variables?: Record<string, string>) => SecretVault;
}

async function vaults(): Promise<Opened> {
  const temporary = await temporaryDirectory();
  const directory = join(temporary.path, "secrets");
  return {
    directory,
    open: (given, variables = {}) =>
      SecretVault.open({ directory, plan: given, variables, clock: new SimulatedClock() }),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

const shapes: Readonly<Record<string, SecretShapePlan>> = {
  password: { shape: "password", length: 24 },
  raw: { shape: "bytes", count: 32, encoding: "base64url" },
  hex: { shape: "bytes", count: 16, encoding: "hex" },
  ed: { shape: "privateKey", algorithm: "ed25519" },
  rsa: { shape: "privateKey", algorithm: "rs256" },
  chain: { shape: "privateKey", algorithm: "secp256k1" },
  tls: { shape: "certificate", names: ["localhost", "127.0.0.1"] },
};

test("LSV1, LSV2: every shape is made once, as declared, for its owner alone", async () => {
  await using opened = await vaults();
  const vault = opened.open(planWith(shapes));
  const values: Record<string, string> = {};
  for (const key of Object.keys(shapes)) {
    const path = await vault.fileFor(asking(key), 0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    values[key] = await readFile(path, "utf8");
  }
  expect((await stat(opened.directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(opened.directory, "tokens"))).mode & 0o777).toBe(0o700);
  expect(values["password"]).toMatch(/^[A-Za-z2-9]{24}$/);
  expect(Buffer.from(values["raw"] ?? "", "base64url")).toHaveLength(32);
  expect(values["hex"]).toMatch(/^[0-9a-f]{32}$/);
  for (const key of ["ed", "rsa", "chain"]) {
    const own = createPrivateKey(values[key] ?? "");
    const publicPath = await vault.fileFor(asking(key, "public"), 0);
    expect((await stat(publicPath)).mode & 0o777).toBe(0o600);
    const shown = createPublicKey(await readFile(publicPath, "utf8"));
    const signature = sign(key === "ed" ? null : "sha256", Buffer.from("x"), own);
    expect(verify(key === "ed" ? null : "sha256", Buffer.from("x"), shown, signature)).toBe(true);
  }
  expect(values["ed"]).toContain("BEGIN PRIVATE KEY"); // PKCS #8
  const again = opened.open(planWith(shapes));
  for (const key of Object.keys(shapes)) {
    expect(await again.valueFor(asking(key), 0)).toBe(values[key]);
  }
});

test("the certificate is one that a TLS client accepts when it trusts it", async () => {
  const day = 86_400_000;
  const names = ["localhost", "127.0.0.1", "::1", "*.example.test"];
  const now = Date.now();
  const made = selfSignedCertificate({ names, notBeforeMs: now - day, notAfterMs: now + day });
  const parsed = new X509Certificate(made.certificate);
  expect(parsed.subjectAltName).toBe(
    "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:*.example.test",
  );
  expect(parsed.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  const server = createServer({ cert: made.certificate, key: made.key }, (socket) =>
    socket.end("ok"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = connect({
    port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: made.certificate,
  });
  expect(String((await once(client, "data"))[0])).toBe("ok");
  expect(client.authorized).toBe(true);
  server.close();
});

test("each replica has its own value where that is declared", async () => {
  await using opened = await vaults();
  const vault = opened.open(
    planWith({ key: { shape: "bytes", count: 16, encoding: "hex" } }, true),
  );
  const values = await Promise.all([0, 1, 0].map((n) => vault.valueFor(asking("key"), n)));
  expect(values[0]).not.toBe(values[1]);
  expect(values[0]).toBe(values[2]);
});

test("a supplied value comes from its variable, else from its stand-in, else all are asked for", async () => {
  await using opened = await vaults();
  const supplied = planWith({
    apiKey: { shape: "supplied", local: "sandbox" },
    other: { shape: "supplied", local: null },
    third: { shape: "supplied", local: null },
  });
  expect(suppliedVariable("tokens", "apiKey")).toBe("TOKENS_API_KEY");
  expect(() => opened.open(supplied)).toThrow(
    "set TOKENS_OTHER, TOKENS_THIRD: these secrets are supplied by another party",
  );
  const variables = { TOKENS_OTHER: "a", TOKENS_THIRD: "b" };
  expect(await opened.open(supplied, variables).valueFor(asking("apiKey"), 0)).toBe("sandbox");
  const changed = opened.open(supplied, {
    ...variables,
    TOKENS_API_KEY: "real",
    TOKENS_OTHER: "c",
  });
  expect(await changed.valueFor(asking("apiKey"), 0)).toBe("real");
  expect(await changed.valueFor(asking("other"), 0)).toBe("c");
});

test("LSV3: where a value cannot be written the error names the place, not the value", async () => {
  await using opened = await vaults();
  await writeFile(opened.directory, "in the way");
  const vault = opened.open(planWith({ apiKey: { shape: "supplied", local: "topsecret" } }));
  const error = await vault.fileFor(asking("apiKey"), 0).catch((each: unknown) => each as Error);
  expect(error).toMatchObject({ code: "STATE_UNWRITABLE" });
  expect(JSON.stringify(error) + String(error)).not.toContain("topsecret");
});
