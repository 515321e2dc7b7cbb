/**
 * Goal: every refusal of the storefront's API is a clear answer and changes nothing, and what the
 * services promise each other holds when they run together.
 * Method: the three services in one process on a real PostgreSQL, called over HTTP.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testCards } from "../orders/sandbox-payment-provider.ts";
import { seedProducts } from "../orders/seed-catalogue.ts";
import { type ApiAnswer, type ApiCall, call } from "./harness/api-client.ts";
import {
  type InProcessStorefront,
  openStorefront,
  type PartName,
} from "./harness/in-process-storefront.ts";

let shop: InProcessStorefront;
let admin: string;
beforeAll(async () => {
  shop = await openStorefront({ LOGIN_FAILURES_PER_ADDRESS: "10000" });
  admin = (await account("admin@storefront.example.com")).accessToken;
});
afterAll(() => shop[Symbol.asyncDispose]());

const password = "correct horse battery";

function at(part: PartName, method: string, path: string, sent?: ApiCall): Promise<ApiAnswer> {
  return call(method, `${shop.urls[part]}${path}`, sent);
}

interface Account {
  readonly email: string;
  readonly id: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

async function account(email = `${randomUUID()}@example.com`): Promise<Account> {
  const body = { email, password, name: "Test" };
  const answer = await at("users", "POST", "/api/auth/register", { body });
  expect(answer.status, answer.text).toBe(201);
  const { accessToken, refreshToken, user } = answer.body;
  return { email, id: user.id, accessToken, refreshToken };
}

const login = (email: string, secret = password): Promise<ApiAnswer> =>
  at("users", "POST", "/api/auth/login", { body: { email, password: secret } });
const refresh = (refreshToken: string): Promise<ApiAnswer> =>
  at("users", "POST", "/api/auth/refresh", { body: { refreshToken } });

function refused(answer: ApiAnswer, status: number, code: string): void {
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect({ status: answer.status, code: answer.body?.code }, answer.text).toEqual({ status, code });
  expect(answer.body).toMatchObject({
    type: "about:blank",
    status,
    correlationId: expect.any(String),
  });
}

const mug = seedProducts[0]?.id ?? "";
const items = [{ productId: mug, quantity: 1 }];
const card = { number: testCards.approved, expiryMonth: 12, expiryYear: 2050, cvc: "123" };

async function placed(token: string): Promise<string> {
  const answer = await at("orders", "POST", "/api/orders", { token, body: { items } });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.id;
}

test("SU1 SU2: a refresh token works once; its reuse ends the session and is told by mail", async () => {
  const person = await account();
  const second = await refresh(person.refreshToken);
  expect(second.status).toBe(200);
  refused(await refresh(person.refreshToken), 401, "REFRESH_TOKEN_REUSED");
  refused(await refresh(second.body.refreshToken), 401, "REFRESH_TOKEN_INVALID");
  await expect
    .poll(
      () =>
        shop.mail.received.filter(
          (each) => each.to === person.email && /session/i.test(each.subject),
        ).length,
    )
    .toBe(1);
});

test("SU1: of ten trades of one token at once, one succeeds", async () => {
  const person = await account();
  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(person.refreshToken)));
  expect(answers.filter((each) => each.status === 200)).toHaveLength(1);
});

test("log out ends one session, log out everywhere all of them", async () => {
  const person = await account();
  const other = (await login(person.email)).body;
  const gone = await at("users", "POST", "/api/auth/logout", {
    body: { refreshToken: person.refreshToken },
  });
  expect(gone.status).toBe(204);
  refused(await refresh(person.refreshToken), 401, "REFRESH_TOKEN_INVALID");
  const alive = await refresh(other.refreshToken);
  expect(alive.status).toBe(200);
  const all = await at("users", "POST", "/api/auth/logout-all", { token: person.accessToken });
  expect(all.body).toEqual({ sessionsEnded: 1 });
  refused(await refresh(alive.body.refreshToken), 401, "REFRESH_TOKEN_INVALID");
});

test("SI1 TH3: a wrong password and an unknown address are answered alike", async () => {
  const person = await account();
  const wrong = await login(person.email, "not the password");
  const unknown = await login(`${randomUUID()}@example.com`, "not the password");
  refused(wrong, 401, "CREDENTIALS_WRONG");
  const { correlationId: _one, ...first } = wrong.body;
  const { correlationId: _two, ...second } = unknown.body;
  expect(first).toEqual(second);
});

test("TH1 SI2: guesses are slowed down, also when they come at the same time", async () => {
  const person = await account();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => login(person.email, "not the password")),
  );
  const lookedAt = answers.filter((each) => each.status === 401);
  expect(lookedAt).toHaveLength(5);
  const throttled = answers.find((each) => each.status === 429);
  expect(Number(throttled?.headers.get("retry-after"))).toBeGreaterThan(0);
  refused(await login(person.email), 429, "LOGIN_THROTTLED");
});

test("RG1: of ten registrations of one address at once, one succeeds", async () => {
  const email = `${randomUUID()}@Example.com`;
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_each, index) =>
      at("users", "POST", "/api/auth/register", {
        body: { email: index % 2 === 0 ? email : email.toUpperCase(), password, name: "Twin" },
      }),
    ),
  );
  expect(answers.filter((each) => each.status === 201)).toHaveLength(1);
  for (const each of answers.filter((answer) => answer.status !== 201))
    refused(each, 409, "EMAIL_TAKEN");
});

test("PC1 PC2 MT1: a password is reset by a mailed token, once, and ends every session", async () => {
  const person = await account();
  const ask = (email: string): Promise<ApiAnswer> =>
    at("users", "POST", "/api/auth/password-reset", { body: { email } });
  expect((await ask(`${randomUUID()}@example.com`)).status).toBe(202);
  expect((await ask(person.email)).status).toBe(202);
  const mail = await expect
    .poll(() =>
      shop.mail.received.find((each) => each.to === person.email && /password/.test(each.subject)),
    )
    .toBeDefined()
    .then(() =>
      shop.mail.received.find((each) => each.to === person.email && /password/.test(each.subject)),
    );
  const plain = (mail?.source ?? "").replaceAll("=\r\n", "").replaceAll("=3D", "=");
  const token = /[0-9a-f-]{36}\.[A-Za-z0-9_-]{43}/.exec(plain)?.[0] ?? "";
  const confirm = (value: string): Promise<ApiAnswer> =>
    at("users", "POST", "/api/auth/password-reset/confirm", {
      body: { token: value, newPassword: "a new password" },
    });
  refused(await confirm(`${token.slice(0, -1)}_`), 410, "MAILED_TOKEN_INVALID");
  expect((await confirm(token)).status).toBe(204);
  refused(await confirm(token), 410, "MAILED_TOKEN_INVALID");
  refused(await refresh(person.refreshToken), 401, "REFRESH_TOKEN_INVALID");
  refused(await login(person.email), 401, "CREDENTIALS_WRONG");
  expect((await login(person.email, "a new password")).status).toBe(200);
  // SE2: the token was in the mail and nowhere else.
  const events = await shop.pools.notifications.query("select data::text as data from deliveries");
  expect(JSON.stringify(events)).not.toContain(token.split(".")[1]);
});

test("MT2: asking again ends the token of the mail before", async () => {
  const person = await account();
  const tokens = async (count: number): Promise<readonly string[]> => {
    const found = (): readonly string[] =>
      shop.mail.received
        .filter((each) => each.to === person.email && /Set a new password/.test(each.subject))
        .map((each) => each.source.replaceAll("=\r\n", "").replaceAll("=3D", "="))
        .map((source) => /[0-9a-f-]{36}\.[A-Za-z0-9_-]{43}/.exec(source)?.[0] ?? "");
    await expect.poll(() => found().length).toBe(count);
    return found();
  };
  const ask = { body: { email: person.email } };
  await at("users", "POST", "/api/auth/password-reset", ask);
  await tokens(1);
  await at("users", "POST", "/api/auth/password-reset", ask);
  const [first, second] = await tokens(2);
  const confirm = (token: string | undefined): Promise<ApiAnswer> =>
    at("users", "POST", "/api/auth/password-reset/confirm", {
      body: { token, newPassword: "a new password" },
    });
  refused(await confirm(first), 410, "MAILED_TOKEN_INVALID");
  expect((await confirm(second)).status).toBe(204);
});

test("PR1 OO1: another's account and order are answered as unknown", async () => {
  const [one, other] = [await account(), await account()];
  const { accessToken: token } = other;
  refused(await at("users", "GET", `/api/users/${one.id}`, { token }), 404, "USER_UNKNOWN");
  refused(
    await at("users", "PATCH", `/api/users/${one.id}`, { token, body: { name: "X" } }),
    404,
    "USER_UNKNOWN",
  );
  refused(await at("users", "DELETE", `/api/users/${one.id}`, { token }), 404, "USER_UNKNOWN");
  const order = await placed(one.accessToken);
  refused(await at("orders", "GET", `/api/orders/${order}`, { token }), 404, "ORDER_UNKNOWN");
  refused(
    await at("orders", "POST", `/api/orders/${order}/payment`, { token, body: { card } }),
    404,
    "ORDER_UNKNOWN",
  );
  refused(
    await at("orders", "POST", `/api/orders/${order}/cancellation`, {
      token,
      body: { reason: "x" },
    }),
    404,
    "ORDER_UNKNOWN",
  );
  expect((await at("orders", "GET", "/api/orders", { token })).body.items).toEqual([]);
  refused(
    await at("orders", "GET", `/api/orders?userId=${one.id}`, { token }),
    403,
    "ROLE_MISSING",
  );
  const seen = await at("orders", "GET", `/api/orders?userId=${one.id}`, { token: admin });
  expect(seen.body.items).toHaveLength(1);
});

test("PR2 RG2: nobody gives themselves a role, and the last admin stays", async () => {
  const person = await account();
  const wanted = { token: person.accessToken, body: { role: "admin" } };
  refused(await at("users", "PATCH", `/api/users/${person.id}`, wanted), 403, "ROLE_MISSING");
  const me = (await at("users", "GET", "/api/users/me", { token: admin })).body;
  expect(me.role).toBe("admin");
  const down = { token: admin, body: { role: "customer" } };
  refused(await at("users", "PATCH", `/api/users/${me.id}`, down), 409, "LAST_ADMIN");
  refused(await at("users", "DELETE", "/api/users/me", { token: admin }), 409, "LAST_ADMIN");
});

test("a write that was decided on an older version is refused", async () => {
  const { accessToken: token } = await account();
  const patch = (name: string, ifMatch: string): Promise<ApiAnswer> =>
    at("users", "PATCH", "/api/users/me", {
      token,
      body: { name },
      headers: { "if-match": ifMatch },
    });
  const first = await patch("One", '"1"');
  expect(first.headers.get("etag")).toBe('"2"');
  refused(await patch("Two", '"1"'), 412, "VERSION_STALE");
  refused(await patch("Two", "2"), 400, "IF_MATCH_INVALID");
});

test("PR3: a new address is verified by mail before it counts as one's own", async () => {
  const { accessToken: token } = await account();
  const email = `${randomUUID()}@example.com`;
  const moved = await at("users", "PATCH", "/api/users/me", { token, body: { email } });
  expect(moved.body).toMatchObject({ email, emailVerified: false });
  await expect.poll(() => shop.mail.received.some((each) => each.to === email)).toBe(true);
});

const bearer = (token: string): ApiCall => ({ token });
test.for([
  ["no token", {}, "TOKEN_MISSING"],
  ["another scheme", { headers: { authorization: "Basic eDp5" } }, "TOKEN_MISSING"],
  ["no JWT", bearer("abc"), "TOKEN_INVALID"],
  [
    "alg none",
    bearer(`${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`),
    "TOKEN_INVALID",
  ],
  [
    "an unknown key",
    bearer(`${Buffer.from('{"alg":"EdDSA","kid":"x"}').toString("base64url")}.e30.AA`),
    "TOKEN_INVALID",
  ],
] as const)("AT1: every service refuses %s itself", async ([, sent, code]) => {
  refused(await at("users", "GET", "/api/users/me", sent), 401, code);
  refused(await at("orders", "GET", "/api/orders", sent), 401, code);
  refused(await at("notifications", "GET", "/api/notifications", sent), 401, code);
});

test("the internal routes need the calling service's key", async () => {
  const person = await account();
  const path = `/internal/contacts/${person.id}`;
  refused(await at("users", "GET", path), 401, "SERVICE_KEY_INVALID");
  refused(await at("users", "GET", path, { token: admin }), 401, "SERVICE_KEY_INVALID");
  const wrong = { headers: { "x-service-key": "guess" } };
  refused(await at("users", "GET", path, wrong), 401, "SERVICE_KEY_INVALID");
  const right = { headers: { "x-service-key": shop.contactsKey } };
  expect((await at("users", "GET", path, right)).body).toMatchObject({ email: person.email });
});

const register = "/api/auth/register";
test.for([
  ["broken JSON", { raw: '{"email":' }, 400, "JSON_MALFORMED"],
  ["no body", {}, 400, "VALIDATION_FAILED"],
  ["a wrong type", { body: { email: 7, password, name: "X" } }, 400, "VALIDATION_FAILED"],
  [
    "an unknown field",
    { body: { email: "a@b.cd", password, name: "X", role: "admin" } },
    400,
    "VALIDATION_FAILED",
  ],
  [
    "a prototype",
    { raw: '{"__proto__":{"role":"admin"},"email":"a@b.cd"}' },
    400,
    "JSON_MALFORMED",
  ],
  ["too much", { raw: `{"email":"${"a".repeat(20_000)}"}` }, 413, "BODY_TOO_LARGE"],
  [
    "another media type",
    { raw: "a=b", headers: { "content-type": "text/plain" } },
    415,
    "MEDIA_TYPE_UNSUPPORTED",
  ],
  [
    "a weak password",
    { body: { email: "a@b.cd", password: "password123", name: "X" } },
    422,
    "PASSWORD_WEAK",
  ],
] as const)("register refuses %s", async ([, sent, status, code]) => {
  refused(await at("users", "POST", register, sent), status, code);
});

test("all faults of a body are named at once, with their paths", async () => {
  const body = { email: "nobody", password, name: "", colour: "red" };
  const answer = await at("users", "POST", register, { body });
  refused(answer, 400, "VALIDATION_FAILED");
  const paths = answer.body.errors.map((each: { path: string }) => each.path);
  expect(paths).toEqual(expect.arrayContaining(["body.email", "body.name", "body.colour"]));
});

const sql = [
  "'; drop table users; --",
  "' or 1=1 --",
  "\\'; select pg_sleep(5); --",
  "%_",
  "& | ! : * ( )",
];
test.for(sql)("SQL in a text is a text: %j", async (text) => {
  const found = await at("orders", "GET", `/api/products?search=${encodeURIComponent(text)}`);
  expect(found.status, found.text).toBe(200);
  const listed = await at("users", "GET", `/api/users?search=${encodeURIComponent(text)}`, {
    token: admin,
  });
  expect(listed.body).toEqual({ items: [], nextCursor: null });
  refused(await login(`${randomUUID()}@example.com`, text), 401, "CREDENTIALS_WRONG");
  const named = await account();
  const renamed = await at("users", "PATCH", "/api/users/me", {
    token: named.accessToken,
    body: { name: text },
  });
  expect(renamed.body.name).toBe(text);
});

test("OR1: what an order's state does not allow is refused with what it does", async () => {
  const { accessToken: token } = await account();
  const order = await placed(token);
  const path = `/api/orders/${order}`;
  refused(
    await at("orders", "POST", `${path}/shipment`, {
      token,
      body: { carrier: "P", trackingNumber: "1" },
    }),
    403,
    "ROLE_MISSING",
  );
  const early = await at("orders", "POST", `${path}/delivery`, { token: admin });
  refused(early, 409, "ORDER_ACTION_REFUSED");
  expect(early.body.data).toEqual({
    action: "deliver",
    orderStatus: "placed",
    allowed: ["pay", "cancel"],
  });
  expect(
    (await at("orders", "POST", `${path}/payment`, { token, body: { card } })).body.status,
  ).toBe("paid");
  refused(
    await at("orders", "POST", `${path}/payment`, { token, body: { card } }),
    409,
    "ORDER_ACTION_REFUSED",
  );
  const shipment = { token: admin, body: { carrier: "Post", trackingNumber: "1Z" } };
  expect((await at("orders", "POST", `${path}/shipment`, shipment)).body.status).toBe("shipped");
  refused(
    await at("orders", "POST", `${path}/cancellation`, { token, body: { reason: "x" } }),
    409,
    "ORDER_ACTION_REFUSED",
  );
  expect((await at("orders", "POST", `${path}/delivery`, { token: admin })).body.status).toBe(
    "delivered",
  );
});

test("IK1: a repeated Idempotency-Key gives the same answer and no second order", async () => {
  const { accessToken: token } = await account();
  const send = (quantity: number): Promise<ApiAnswer> =>
    at("orders", "POST", "/api/orders", {
      token,
      body: { items: [{ productId: mug, quantity }] },
      headers: { "idempotency-key": "one" },
    });
  const [first, second] = await Promise.all([send(1), send(1)]);
  expect(second.body).toEqual(first.body);
  refused(await send(2), 422, "IDEMPOTENCY_KEY_REUSED");
  expect((await at("orders", "GET", "/api/orders", { token })).body.items).toHaveLength(1);
});

test("keyset pages show each order once, whatever is placed meanwhile", async () => {
  const { accessToken: token } = await account();
  for (let count = 0; count < 5; count += 1) await placed(token);
  const seen: string[] = [];
  let cursor = "";
  for (;;) {
    const page = await at("orders", "GET", `/api/orders?limit=2${cursor}`, { token });
    seen.push(...page.body.items.map((each: { id: string }) => each.id));
    await placed(token);
    if (page.body.nextCursor === null) break;
    cursor = `&cursor=${page.body.nextCursor}`;
  }
  expect(seen).toHaveLength(5);
  expect(new Set(seen).size).toBe(5);
  refused(await at("orders", "GET", "/api/orders?cursor=abc", { token }), 400, "CURSOR_INVALID");
});

test("PY4: no card number, password or token is in any log line", async () => {
  const person = await account();
  const order = await placed(person.accessToken);
  const body = { card: { ...card, number: testCards.insufficientFunds } };
  await at("orders", "POST", `/api/orders/${order}/payment`, { token: person.accessToken, body });
  const logged = shop.logs.join("\n");
  for (const secret of [
    testCards.insufficientFunds,
    testCards.approved,
    password,
    person.refreshToken,
    person.accessToken,
  ]) {
    expect(logged).not.toContain(secret);
  }
});

test("a deleted account is forgotten by notifications as well", async () => {
  const person = await account();
  const { pools } = shop;
  const count = async (): Promise<number> =>
    (await pools.notifications.query("select 1 from notifications where user_id = $1", [person.id]))
      .length;
  await expect.poll(count).toBe(1);
  const gone = await at("users", "DELETE", "/api/users/me", { token: person.accessToken });
  expect(gone.status).toBe(204);
  await expect.poll(count).toBe(0);
  refused(await login(person.email), 401, "CREDENTIALS_WRONG");
});
