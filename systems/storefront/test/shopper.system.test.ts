/**
 * Goal: the whole storefront as a user starts it, with shoppers in it while its services die.
 * Method: `ashlar up` as a process of its own with its state in a temporary directory; several
 * shoppers at a time; each service is killed under them, the orders service in mid-payment; then the
 * books of the orders database, and of the payment provider, are balanced.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { realEnvironment } from "@ashlar/program";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { testCards } from "../orders/sandbox-payment-provider.ts";
import { seedProducts } from "../orders/seed-catalogue.ts";
import { type ShopperOptions, type ShoppingTrip, shop } from "../shopper.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const environment = realEnvironment();

const upSchema = z.object({
  system: z.literal("storefront"),
  state: z.literal("ready"),
  endpoints: z.record(z.string(), z.string()),
});

let home: string;
let endpoints: Readonly<Record<string, string>>;

async function ashlar(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    [join(root, "apps/ashlar/bin/ashlar.js"), ...args],
    {
      cwd: root,
      env: { ...process.env, ASHLAR_HOME: home },
      timeout: 120_000,
    },
  );
  return stdout;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "storefront-home-"));
  const out = await ashlar("up", "storefront", "--detach", "--json");
  const last = out.trim().split("\n").at(-1) ?? "";
  endpoints = upSchema.parse(JSON.parse(last)).endpoints;
});

afterAll(async () => {
  await ashlar("down", "storefront").catch(() => undefined);
  await rm(home, { recursive: true, force: true });
});

function trip(options: Partial<ShopperOptions> = {}): Promise<ShoppingTrip> {
  const { api = "", console: consoleUrl = "" } = endpoints;
  return shop({ gatewayUrl: api, consoleUrl, environment, limitMs: 90_000, ...options });
}

/** Kills a part if it runs; false where it has not come back from the last time yet. */
async function kill(part: string): Promise<boolean> {
  try {
    await ashlar("kill", part, "--system", "storefront");
    return true;
  } catch (error) {
    if (String(error).includes("no running replica")) return false;
    throw error;
  }
}

/** Reads the shop as its first admin, who sees every order. */
async function asAdmin<Body>(path: string, schema: z.ZodType<Body>): Promise<Body> {
  const email = "admin@storefront.example.com";
  const credentials = { email, password: "a long admin password" };
  const post = (route: string, body: unknown): Promise<Response> =>
    fetch(`${endpoints["api"]}${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  await post("/api/auth/register", { ...credentials, name: "Admin" });
  const signedIn = (await (await post("/api/auth/login", credentials)).json()) as {
    readonly accessToken: string;
  };
  const response = await fetch(`${endpoints["api"]}${path}`, {
    headers: { authorization: `Bearer ${signedIn.accessToken}` },
  });
  return schema.parse(await response.json());
}

const ordersSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      userId: z.string(),
      status: z.string(),
      lines: z.array(z.object({ productId: z.string(), quantity: z.number() })),
    }),
  ),
});
const orderSchema = z.object({
  status: z.string(),
  payments: z.array(z.object({ status: z.string() })),
});
const productSchema = z.object({ available: z.number() });

test("a shopper registers, logs in, orders, pays, and receives one mail", async () => {
  const first = await trip();
  expect(first.payments).toBe(1);
  expect(first.mails).toBe(1);
  const second = await trip({ foreignOrderId: first.orderId });
  expect(second.mails).toBe(1);
});

test("PY2 NT1: services die under the shoppers: no order lost, none paid twice, one mail each", async () => {
  const [, product] = seedProducts;
  const productId = product?.id ?? "";
  const before = await asAdmin(`/api/products/${productId}`, productSchema);
  const progress = { done: false };
  const trips = Promise.all(
    Array.from({ length: 6 }, (_each, index) => trip({ productId, quantity: index + 1 })),
  ).finally(() => {
    progress.done = true;
  });
  const killed: string[] = [];
  for (let turn = 0; !progress.done && killed.length < 9; turn += 1) {
    const part = ["orders", "notifications", "orders", "users"][turn % 4] ?? "orders";
    if (await kill(part)) killed.push(part);
  }
  expect(killed).toEqual(expect.arrayContaining(["orders", "notifications", "users"]));
  const finished = await trips;
  for (const each of finished) {
    expect(each.mails, each.orderNumber).toBe(1);
    const order = await asAdmin(`/api/orders/${each.orderId}`, orderSchema);
    expect(order.status).toBe("paid");
    const captured = order.payments.filter((payment) => payment.status === "captured");
    expect(captured, "one payment holds the money").toHaveLength(1);
  }
  const { items } = await asAdmin("/api/orders?limit=100", ordersSchema);
  const theirs = items.filter((order) => finished.some((each) => each.userId === order.userId));
  expect(theirs, "a repeated request places no second order").toHaveLength(finished.length);
  const after = await asAdmin(`/api/products/${productId}`, productSchema);
  expect(before.available - after.available).toBe(1 + 2 + 3 + 4 + 5 + 6);
});

test("PY2: the orders service is killed while the provider is silent: paid once, one mail", async () => {
  const shopping = trip({ cardNumber: testCards.silentAuthorization });
  await expect
    .poll(async () => (await asAdmin("/api/orders?status=paying", ordersSchema)).items.length, {
      timeout: 20_000,
    })
    .toBe(1);
  expect(await kill("orders")).toBe(true);
  const { orderId, mails, payments } = await shopping;
  expect(mails).toBe(1);
  expect(payments).toBe(1);
  const order = await asAdmin(`/api/orders/${orderId}`, orderSchema);
  expect(order.payments).toEqual([{ status: "captured" }]);
});

test("nothing is left after `ashlar down`", async () => {
  await ashlar("down", "storefront");
  expect(await processesOf(home)).toEqual([]);
});

/** Command lines or environments of living processes that name `text`. */
async function processesOf(text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const [command, variables] = await Promise.all(
      ["cmdline", "environ"].map((file) =>
        readFile(`/proc/${pid}/${file}`, "utf8").catch(() => ""),
      ),
    );
    if (command?.includes(text) || variables?.includes(text)) found.push(`${pid} ${command}`);
  }
  return found;
}
