/**
 * A scripted shopper: registers, logs in, orders, pays, and waits for the mail, as a patient person
 * with a good script would. Services may be killed and restarted meanwhile: it tries again what is
 * safe to repeat (reads, and writes that carry an `Idempotency-Key`), and looks before it repeats
 * what is not.
 *
 * For tests, benchmarks and demonstrations. It checks as it goes and throws {@link ShopperError}
 * where the shop does not behave.
 *
 * @module
 */
import { CodedError, describeError, type Environment } from "@ashlar/foundation";
import * as z from "zod";

/** Thrown when the shop does not do what it should, or not in time. Names the step. */
class ShopperError extends CodedError<
  "SHOPPER_FAILED",
  { readonly step: string; readonly reason: string }
> {
  constructor(step: string, reason: string, options?: ErrorOptions) {
    super("SHOPPER_FAILED", `${step}: ${reason}`, { step, reason }, options);
  }
}

export interface ShopperOptions {
  readonly gatewayUrl: string;
  readonly environment: Environment;
  /** The console's address with its token, as `ashlar up --json` prints it; absent: mail is not read. */
  readonly consoleUrl?: string;
  /** What to buy. Default: the first product in stock. */
  readonly productId?: string;
  /** Pieces of it. Default 1. */
  readonly quantity?: number;
  /** A test card of the sandbox provider. Default: one that is approved. */
  readonly cardNumber?: string;
  /** An order of somebody else, which this shopper must not see. */
  readonly foreignOrderId?: string;
  /** For the whole trip. Default 60 s. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

/** What the shopper did and found. */
export interface ShoppingTrip {
  readonly email: string;
  readonly userId: string;
  readonly accessToken: string;
  readonly orderId: string;
  readonly orderNumber: string;
  readonly totalMinor: number;
  /** Attempts to pay that the order shows. */
  readonly payments: number;
  /** Mails about the payment of this order in the mailbox; null where none was looked at. */
  readonly mails: number | null;
  /** Requests that had to be tried again. */
  readonly retries: number;
}

const orderSchema = z.object({
  id: z.string(),
  number: z.string(),
  status: z.string(),
  totalMinor: z.number(),
});
const orderDetailSchema = orderSchema.extend({
  payments: z.array(z.object({ status: z.string() })),
});
const signedInSchema = z.object({ accessToken: z.string(), user: z.object({ id: z.string() }) });
const productsSchema = z.object({
  items: z.array(z.object({ id: z.string(), available: z.number() })),
});
const notificationsSchema = z.object({
  items: z.array(
    z.object({
      type: z.string(),
      subject: z.string(),
      deliveries: z.array(z.object({ channel: z.string(), status: z.string() })),
    }),
  ),
});
const mailboxSchema = z.object({
  mails: z.array(z.object({ subject: z.string(), to: z.array(z.string()) })),
});

const approvedCard = "4242424242424242";
const pollMs = 250;

/** @throws {ShopperError} */
export async function shop(options: ShopperOptions): Promise<ShoppingTrip> {
  const visitor = new Visitor(options);
  const email = `shopper-${options.environment.entropy.uuid()}@example.com`;
  const { accessToken, user } = await signIn(visitor, email);
  visitor.accessToken = accessToken;
  const order = await placeOrder(visitor, options);
  const paid = await pay(visitor, order.id, options.cardNumber ?? approvedCard);
  await mailSent(visitor, order.id);
  if (options.foreignOrderId !== undefined) await mustNotSee(visitor, options.foreignOrderId);
  const { consoleUrl } = options;
  return {
    email,
    userId: user.id,
    accessToken,
    orderId: order.id,
    orderNumber: order.number,
    totalMinor: order.totalMinor,
    payments: paid.payments.length,
    mails:
      consoleUrl === undefined ? null : await countMails(visitor, { consoleUrl, email, order }),
    retries: visitor.retries,
  };
}

async function signIn(visitor: Visitor, email: string): Promise<z.infer<typeof signedInSchema>> {
  const password = `correct horse ${email}`;
  const registered = await visitor.send("register", "POST", "/api/auth/register", {
    body: { email, password, name: "Scripted Shopper" },
  });
  // A registration whose answer was lost has happened: the second attempt finds the address taken.
  if (registered.status !== 201 && registered.code !== "EMAIL_TAKEN") {
    throw new ShopperError("register", registered.text);
  }
  const body = { email, password };
  const answer = await visitor.send("log in", "POST", "/api/auth/login", { body });
  return answer.read(200, signedInSchema);
}

async function placeOrder(
  visitor: Visitor,
  options: ShopperOptions,
): Promise<z.infer<typeof orderSchema>> {
  const productId = options.productId ?? (await firstInStock(visitor));
  const answer = await visitor.send("place order", "POST", "/api/orders", {
    idempotencyKey: options.environment.entropy.uuid(),
    body: { items: [{ productId, quantity: options.quantity ?? 1 }] },
  });
  return answer.read(201, orderSchema);
}

async function firstInStock(visitor: Visitor): Promise<string> {
  const answer = await visitor.send("browse", "GET", "/api/products");
  const { items } = answer.read(200, productsSchema);
  const found = items.find((each) => each.available > 0);
  if (found === undefined) throw new ShopperError("browse", "nothing is in stock");
  return found.id;
}

/** Pays, and pays again where the attempt was given up without a charge. */
async function pay(
  visitor: Visitor,
  orderId: string,
  cardNumber: string,
): Promise<z.infer<typeof orderDetailSchema>> {
  const card = { number: cardNumber, expiryMonth: 12, expiryYear: 2099, cvc: "123" };
  const { entropy } = visitor.environment;
  const path = `/api/orders/${orderId}`;
  for (;;) {
    const idempotencyKey = entropy.uuid();
    await visitor.send("pay", "POST", `${path}/payment`, { body: { card }, idempotencyKey });
    // Whatever the answer was: the order itself says what became of it.
    const order = await visitor.until("payment settles", async () => {
      const answer = await visitor.send("read order", "GET", path);
      const read = answer.read(200, orderDetailSchema);
      return read.status === "paying" ? undefined : read;
    });
    if (order.status === "paid") return order;
    if (order.status !== "placed") throw new ShopperError("pay", `the order is ${order.status}`);
  }
}

function mailSent(visitor: Visitor, orderId: string): Promise<true> {
  return visitor.until("mail is sent", async () => {
    const answer = await visitor.send("read notifications", "GET", "/api/notifications");
    const { items } = answer.read(200, notificationsSchema);
    const told = items.filter(
      (each) => each.type === "OrderPaid" && each.subject === `order/${orderId}`,
    );
    if (told.length > 1) throw new ShopperError("mail is sent", "one event was told twice");
    const mail = told[0]?.deliveries.find((each) => each.channel === "email");
    return mail?.status === "sent" ? true : undefined;
  });
}

async function mustNotSee(visitor: Visitor, orderId: string): Promise<void> {
  const answer = await visitor.send("look at another's order", "GET", `/api/orders/${orderId}`);
  if (answer.status !== 404) {
    throw new ShopperError("look at another's order", `answered ${answer.status}, not 404`);
  }
}

async function countMails(
  visitor: Visitor,
  wanted: {
    readonly consoleUrl: string;
    readonly email: string;
    readonly order: z.infer<typeof orderSchema>;
  },
): Promise<number> {
  const page = new URL(wanted.consoleUrl);
  const token = page.searchParams.get("token") ?? "";
  const query = new URLSearchParams({ to: wanted.email });
  const answer = await visitor.send("read mailbox", "GET", `/api/mailbox?${query}`, {
    origin: page.origin,
    token,
  });
  const { mails } = answer.read(200, mailboxSchema);
  return mails.filter(
    (each) => each.subject.includes(wanted.order.number) && each.subject.includes("is paid"),
  ).length;
}

interface SendOptions {
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  /** Another origin than the gateway's. */
  readonly origin?: string;
  /** Another token than the shopper's own. */
  readonly token?: string;
}

/** One answer, read whole. */
class Answer {
  readonly status: number;
  readonly text: string;
  readonly #step: string;

  constructor(step: string, status: number, text: string) {
    this.#step = step;
    this.status = status;
    this.text = text;
  }

  /** The code of a problem document; empty for anything else. */
  get code(): string {
    const parsed = z.object({ code: z.string() }).safeParse(parseJson(this.text));
    return parsed.success ? parsed.data.code : "";
  }

  /** @throws {ShopperError} for another status or shape. */
  read<Body>(status: number, schema: z.ZodType<Body>): Body {
    if (this.status !== status) {
      throw new ShopperError(this.#step, `answered ${this.status}, not ${status}: ${this.text}`);
    }
    const parsed = schema.safeParse(parseJson(this.text));
    if (!parsed.success) throw new ShopperError(this.#step, parsed.error.message);
    return parsed.data;
  }
}

/** Somebody at the shop's door, who knocks again. */
class Visitor {
  readonly environment: Environment;
  accessToken: string | undefined;
  retries = 0;
  readonly #origin: string;
  readonly #signal: AbortSignal;
  readonly #deadlineMs: number;

  constructor(options: ShopperOptions) {
    this.environment = options.environment;
    this.#origin = options.gatewayUrl;
    this.#signal = options.signal ?? new AbortController().signal;
    const { clock } = options.environment;
    this.#deadlineMs = clock.monotonicMs() + (options.limitMs ?? 60_000);
  }

  /** Sends until somebody answers who is able to: an outage is waited out. */
  async send(
    step: string,
    method: string,
    path: string,
    options: SendOptions = {},
  ): Promise<Answer> {
    for (;;) {
      let trouble: string;
      try {
        const answer = await this.#once(step, { method, path, ...options });
        if (!passing.has(answer.status)) return answer;
        trouble = `answered ${answer.status}: ${answer.text}`;
      } catch (error) {
        this.#signal.throwIfAborted();
        trouble = describeError(error);
      }
      this.retries += 1;
      await this.#pause(step, trouble);
    }
  }

  /** Looks until there is something to see. */
  async until<Found>(step: string, look: () => Promise<Found | undefined>): Promise<Found> {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      await this.#pause(step, "not in time");
    }
  }

  async #once(step: string, sent: SendOptions & { method: string; path: string }): Promise<Answer> {
    const token = sent.token ?? this.accessToken;
    const headers: Record<string, string> = {};
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    if (sent.idempotencyKey !== undefined) headers["idempotency-key"] = sent.idempotencyKey;
    if (sent.body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(new URL(sent.path, sent.origin ?? this.#origin), {
      method: sent.method,
      headers,
      body: sent.body === undefined ? null : JSON.stringify(sent.body),
      signal: this.#signal,
    });
    return new Answer(step, response.status, await response.text());
  }

  async #pause(step: string, reason: string): Promise<void> {
    const { clock } = this.environment;
    if (clock.monotonicMs() > this.#deadlineMs) throw new ShopperError(step, reason);
    await clock.sleep(pollMs, this.#signal);
  }
}

/** Statuses that pass by themselves. */
const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
