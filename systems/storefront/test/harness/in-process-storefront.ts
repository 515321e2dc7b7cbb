/**
 * The three services in one process, on one real PostgreSQL, through the kit: for tests of the API.
 *
 * @module
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedPostgres, openPool, type Pool } from "@ashlar/postgres";
import { realEnvironment } from "@ashlar/program";
import { openService, type RunningService } from "@ashlar/service";
import { notificationsService } from "../../notifications/service.ts";
import { ordersService } from "../../orders/service.ts";
import { usersService } from "../../users/service.ts";
import { openSmtpSink, type SmtpSink } from "./smtp-sink.ts";

export type PartName = "users" | "orders" | "notifications";

export interface InProcessStorefront extends AsyncDisposable {
  readonly urls: Readonly<Record<PartName, string>>;
  readonly pools: Readonly<Record<PartName, Pool>>;
  readonly mail: SmtpSink;
  readonly contactsKey: string;
  /** Every line that the services logged. */
  readonly logs: readonly string[];
}

export async function openStorefront(
  variables: Readonly<Record<string, string>> = {},
): Promise<InProcessStorefront> {
  const environment = realEnvironment();
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "storefront-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const server = stack.use(await EmbeddedPostgres.open({ dataDir, environment }));
  const mail = stack.use(await openSmtpSink());
  const logs: string[] = [];
  const contactsKey = "a key for tests, of sufficient length";
  const { privateKey } = generateKeyPairSync("ed25519");
  const common = {
    ASHLAR_SYSTEM: "storefront",
    ASHLAR_HOST: "127.0.0.1",
    EVENTS_URL: await server.createDatabase("stream_events"),
    SMTP_URL: mail.url,
    SERVICE_KEYS_CONTACTS: contactsKey,
    TOKENS_SIGNING: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    TOKENS_MAIL: "another key for tests, of sufficient length",
    PAYMENT_API: "sandbox",
    PASSWORD_MEMORY_KIB: "7168",
    PASSWORD_PASSES: "1",
    ADMIN_NEEDS_VERIFIED_EMAIL: "false",
    PAYMENT_TIMEOUT_MS: "300ms",
    DISPATCH_INTERVAL_MS: "50ms",
    RETRY_INITIAL_MS: "20ms",
    RETRY_MAX_MS: "100ms",
    ...variables,
  };
  const databases: Record<PartName, string> = {
    users: await server.createDatabase("users_db"),
    orders: await server.createDatabase("orders_db"),
    notifications: await server.createDatabase("notifications_db"),
  };
  const open = async (part: PartName, uses: Readonly<Record<string, string>>): Promise<string> => {
    const definition = {
      users: usersService,
      orders: ordersService,
      notifications: notificationsService,
    };
    const service: RunningService = await openService(
      {
        ...definition[part],
        open: (context) => definition[part].open(migrated(context, part)),
      } as typeof usersService,
      {
        variables: {
          ...common,
          ...uses,
          ASHLAR_PART: part,
          [`${part.toUpperCase()}_DB_URL`]: databases[part],
        },
        directory: join(import.meta.dirname, "../.."),
        environment,
        write: (line) => void logs.push(line),
      },
    );
    stack.defer(() => service.stop());
    return service.url;
  };
  const users = await open("users", {});
  const orders = await open("orders", { USERS_URL: users });
  const notifications = await open("notifications", { USERS_URL: users });
  const pool = (part: PartName): Pool =>
    stack.use(openPool(databases[part], { environment, max: 2 }));
  const pools = {
    users: pool("users"),
    orders: pool("orders"),
    notifications: pool("notifications"),
  };
  const owned = stack.move();
  return {
    urls: { users, orders, notifications },
    pools,
    mail,
    contactsKey,
    logs,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Without a Plan the kit does not know where a store's migrations are: this tells it. */
function migrated(context: Parameters<typeof usersService.open>[0], part: PartName): never {
  const migrations = `./${part}/migrations`;
  const { uses } = context;
  return {
    ...context,
    uses: { ...uses, postgres: (name: string) => uses.postgres(name, { migrations }) },
  } as never;
}
