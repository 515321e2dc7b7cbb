/**
 * Goal: one event is told once, however often it comes and wherever the process dies.
 * Method: the use cases on a real PostgreSQL with a mail server that takes, refuses, or takes and
 * does not answer; "a killed process" is one whose record never happens.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Event } from "@ashlar/events";
import { silentLog } from "@ashlar/foundation";
import { parseConfig } from "@ashlar/model";
import { PostgresInbox } from "@ashlar/postgres";
import { realEnvironment } from "@ashlar/program";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Contact } from "../../common/internal-api.ts";
import {
  type EmbeddedDatabase,
  openEmbeddedDatabase,
} from "../../test/harness/embedded-database.ts";
import { openSmtpSink, type SmtpSink } from "../../test/harness/smtp-sink.ts";
import type { Channel, Envelope } from "../channel.ts";
import { notificationsConfig } from "../config.ts";
import { claimDue, listDeliveries, revive } from "../delivery-store.ts";
import { dispatch } from "../dispatch.ts";
import { ContactUnavailableError } from "../errors.ts";
import { listNotifications } from "../notification.ts";
import { changePreferences } from "../preferences.ts";
import type { NotificationsRuntime } from "../runtime.ts";
import { listSandboxMessages, SandboxChannel } from "../sandbox-channel.ts";
import { SmtpChannel } from "../smtp-channel.ts";
import { takeEvent } from "../take-event.ts";

const environment = realEnvironment();
const signal = new AbortController().signal;
const contacts = new Map<string, Contact>();
let database: EmbeddedDatabase;
let sink: SmtpSink;
let email: SmtpChannel;
let runtime: NotificationsRuntime;

beforeAll(async () => {
  const migrations = join(import.meta.dirname, "../migrations");
  database = await openEmbeddedDatabase({ environment, migrations });
  sink = await openSmtpSink();
  const config = parseConfig(notificationsConfig, {
    file: { retryInitialMs: 10, retryMaxMs: 100, deliveryAttempts: 4, deliveryTimeoutMs: 2_000 },
  });
  email = new SmtpChannel({
    url: sink.url,
    fromName: "Shop",
    fromAddress: config.fromAddress,
    timeoutMs: 2_000,
  });
  const { pool } = database;
  const { clock } = environment;
  runtime = {
    config,
    environment,
    database: pool,
    inbox: await PostgresInbox.open({ pool }),
    contacts: {
      find: (userId) => Promise.resolve(contacts.get(userId)),
      mailedToken: (requestId) =>
        Promise.resolve(requestId === gone ? undefined : `token-of-${requestId}`),
    },
    channels: {
      email,
      sms: new SandboxChannel({ name: "sms", database: pool, clock }),
      push: new SandboxChannel({ name: "push", database: pool, clock }),
    },
    log: silentLog,
    count: { event: () => undefined, delivery: () => undefined },
  };
});
afterAll(async () => {
  email[Symbol.dispose]();
  await sink[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
beforeEach(() => {
  sink.mood.length = 0;
});

const gone = randomUUID();

function somebody(changes: Partial<Contact> = {}): Contact {
  const userId = randomUUID();
  const contact = {
    userId,
    name: "Ada",
    email: `${userId}@example.com`,
    phone: null,
    locale: "en",
    ...changes,
  };
  contacts.set(userId, contact);
  return contact;
}

function paid(userId: string): Event {
  const orderId = randomUUID();
  return {
    key: `order/${orderId}/OrderPaid`,
    type: "OrderPaid",
    subject: `order/${orderId}`,
    time: new Date().toISOString(),
    data: {
      orderId,
      userId,
      number: "SF-1",
      amountMinor: 1450,
      currency: "EUR",
      paymentId: randomUUID(),
      lines: [{ sku: "MUG", name: "Mug", quantity: 1, unitPriceMinor: 1450 }],
    },
  };
}

const mailsTo = (contact: Contact): SmtpSink["received"] =>
  sink.received.filter((each) => each.to === contact.email);

const deliveriesTo = (contact: Contact): ReturnType<typeof listDeliveries> =>
  listDeliveries(database.pool, {
    limit: 50,
    after: undefined,
    status: undefined,
    channel: undefined,
    userId: contact.userId,
  });

/** Dispatches as replicas do, until nothing of this person is open. */
async function settle(contact: Contact): Promise<void> {
  await expect
    .poll(
      async () => {
        await dispatch(runtime, signal);
        const open = (await deliveriesTo(contact)).filter(
          (each) => each.status === "pending" || each.status === "sending",
        );
        return open.length;
      },
      { timeout: 10_000 },
    )
    .toBe(0);
}

test("NT1: an event that is delivered twenty times at once is told once", async () => {
  const contact = somebody();
  const event = paid(contact.userId);
  const told = await Promise.all(
    Array.from({ length: 20 }, () => takeEvent(runtime, event, signal)),
  );
  expect(told.filter(Boolean)).toHaveLength(1);
  await Promise.all([1, 2, 3].map(() => dispatch(runtime, signal)));
  await settle(contact);
  expect(mailsTo(contact)).toHaveLength(1);
  const query = { userId: contact.userId, limit: 10, after: undefined, unreadOnly: false };
  expect(await listNotifications(database.pool, query)).toHaveLength(1);
});

test("NT3: a mail whose answer was lost goes again with the same id, date and text", async () => {
  const contact = somebody();
  await takeEvent(runtime, paid(contact.userId), signal);
  sink.mood.push("silent");
  await settle(contact);
  const mails = mailsTo(contact);
  expect(mails).toHaveLength(2);
  expect(new Set(mails.map((each) => each.messageId)).size).toBe(1);
  expect(new Set(mails.map((each) => each.date)).size).toBe(1);
  expect(mails[0]?.messageId).toMatch(/^<[A-Za-z0-9_-]{43}@storefront\.example\.com>$/);
});

test("NT3: killed between the answer and the record: after the lease it goes again, same id; then never", async () => {
  const contact = somebody();
  await takeEvent(runtime, paid(contact.userId), signal);
  const sent: Envelope[] = [];
  const dying: Channel = {
    send: (envelope) => {
      sent.push(envelope);
      return new Promise(() => undefined);
    },
  };
  const dead = {
    ...runtime,
    channels: { ...runtime.channels, email: dying },
    config: { ...runtime.config, deliveryTimeoutMs: 3_600_000, deliveryLeaseMs: 200 },
  };
  void dispatch(dead, signal).catch(() => undefined);
  await expect.poll(() => sent.length).toBe(1);
  expect((await deliveriesTo(contact))[0]?.status).toBe("sending");
  await settle(contact); // Takes it over once the lease is past.
  expect(mailsTo(contact).map((each) => each.messageId)).toEqual([sent[0]?.messageId]);
  expect(mailsTo(contact)[0]?.date).toBe(
    new Date(sent[0]?.timeMs ?? 0).toUTCString().replace("GMT", "+0000"),
  );
  await dispatch(runtime, signal);
  expect(mailsTo(contact)).toHaveLength(1);
});

test("three replicas claim each delivery once", async () => {
  const people = Array.from({ length: 10 }, () => somebody());
  for (const each of people) await takeEvent(runtime, paid(each.userId), signal);
  const claim = { nowMs: Date.now() + 1_000, leaseMs: 60_000, limit: 100 };
  const claims = await Promise.all(
    [1, 2, 3].map(() => claimDue(database.pool, { ...claim, holder: randomUUID() })),
  );
  const ids = claims.flat().map((each) => each.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(10);
});

test("a mail that is refused for now is tried again and arrives", async () => {
  const contact = somebody();
  await takeEvent(runtime, paid(contact.userId), signal);
  sink.mood.push("later", "later");
  await settle(contact);
  expect(mailsTo(contact)).toHaveLength(1);
  expect((await deliveriesTo(contact))[0]).toMatchObject({ status: "sent", attempts: 3 });
});

test("NT4: a mailbox that does not exist makes a dead letter at once; staff can replay it", async () => {
  const contact = somebody();
  await takeEvent(runtime, paid(contact.userId), signal);
  sink.mood.push("never");
  await settle(contact);
  const [dead] = await deliveriesTo(contact);
  expect(dead).toMatchObject({ status: "dead", attempts: 1 });
  expect(dead?.lastError).toMatch(/550/);
  await database.pool.transaction((tx) => revive(tx, dead?.id ?? "", Date.now()));
  await settle(contact);
  expect(mailsTo(contact).map((each) => each.messageId)).toEqual([dead?.messageId]);
});

test("NT4: after the last attempt a delivery is a dead letter", async () => {
  const contact = somebody();
  await takeEvent(runtime, paid(contact.userId), signal);
  sink.mood.push("later", "later", "later", "later");
  await settle(contact);
  expect((await deliveriesTo(contact))[0]).toMatchObject({ status: "dead", attempts: 4 });
});

test("NT2 CH1: SMS and push go out by preference, once, and overloaded providers are waited for", async () => {
  const contact = somebody({ phone: "+491700000001" });
  const preferences = {
    email: false,
    sms: true,
    push: true,
    pushToken: `device-${contact.userId}`,
  };
  await changePreferences(runtime, contact.userId, { preferences, ifMatch: '"0"' });
  await takeEvent(runtime, paid(contact.userId), signal);
  await settle(contact);
  expect(mailsTo(contact)).toEqual([]);
  const taken = (await listSandboxMessages(database.pool, 100)).filter(
    (each) => each.address === contact.phone || each.address === preferences.pushToken,
  );
  expect(taken.map((each) => each.channel).toSorted()).toEqual(["push", "sms"]);
  for (const { channel, messageId, address, text } of taken) {
    const again = { messageId, address, text, subject: "", html: "", timeMs: 0 };
    await runtime.channels[channel].send({ ...again, address: "+491700000009" }, signal);
  }
  const kept = await listSandboxMessages(database.pool, 100);
  expect(kept.filter((each) => each.address === "+491700000009")).toEqual([]);
  expect(taken[0]?.text).toBe("Storefront: We received €14.50. Thank you!");
});

test("the mailed token is fetched when the mail is written; one that is gone makes no mail", async () => {
  const contact = somebody();
  const request = (requestId: string): Event => ({
    key: `user/${contact.userId}/PasswordResetRequested/${requestId}`,
    type: "PasswordResetRequested",
    subject: `user/${contact.userId}`,
    time: new Date().toISOString(),
    data: { userId: contact.userId, requestId },
  });
  const requestId = randomUUID();
  await takeEvent(runtime, request(requestId), signal);
  await takeEvent(runtime, request(gone), signal);
  await settle(contact);
  expect(mailsTo(contact)).toHaveLength(1);
  expect(mailsTo(contact)[0]?.source.replaceAll("=\r\n", "")).toContain(`token-of-${requestId}`);
  const statuses = (await deliveriesTo(contact)).map((each) => each.status).toSorted();
  expect(statuses).toEqual(["dead", "sent"]);
});

test("a name with markup or line breaks stays a name", async () => {
  const contact = somebody({ name: '<img src=x onerror="a()">\r\nBcc: all@example.com' });
  await takeEvent(runtime, paid(contact.userId), signal);
  await settle(contact);
  const source = mailsTo(contact)[0]?.source ?? "";
  expect(source.slice(0, source.indexOf("\r\n\r\n"))).not.toMatch(/^Bcc:/im);
  expect(source.slice(source.indexOf("<!doctype"))).not.toMatch(/<img/);
});

test("users that are away delay an event and lose none; an account that is gone is nobody", async () => {
  const contact = somebody();
  const event = paid(contact.userId);
  const away = {
    ...runtime,
    contacts: {
      find: () => Promise.reject(new ContactUnavailableError("refused")),
      mailedToken: () => Promise.reject(new ContactUnavailableError("refused")),
    },
  };
  await expect(takeEvent(away, event, signal)).rejects.toThrow(ContactUnavailableError);
  await expect(takeEvent(runtime, event, signal)).resolves.toBe(true);
  await expect(takeEvent(runtime, paid(randomUUID()), signal)).resolves.toBe(false);
});

test("data that does not fit its type is rejected for good, an unknown type is passed over", async () => {
  const event = { ...paid(randomUUID()), data: { orderId: 7 } };
  await expect(takeEvent(runtime, event, signal)).rejects.toMatchObject({ code: "EVENT_REJECTED" });
  await expect(takeEvent(runtime, { ...event, type: "SomethingNew" }, signal)).resolves.toBe(false);
});
