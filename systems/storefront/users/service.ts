/**
 * The users service: joins its parts.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import type { ServiceContext, ServiceDefinition } from "@ashlar/service";
import { createAuthenticator } from "../common/authenticate.ts";
import { openEventWriter } from "../common/event-writer.ts";
import { localKeys } from "../common/key-set.ts";
import { Periodic } from "../common/periodic.ts";
import { type UsersConfig, usersConfig } from "./config.ts";
import { sweepMailedTokens } from "./mailed-token.ts";
import { userMetrics } from "./metrics.ts";
import { PasswordHasher } from "./password-hasher.ts";
import { authRoutes } from "./routes/auth.ts";
import { internalRoutes } from "./routes/internal.ts";
import { keyRoutes } from "./routes/keys.ts";
import { meRoutes } from "./routes/me.ts";
import { usersRoutes } from "./routes/users.ts";
import type { UsersCounters, UsersRuntime } from "./runtime.ts";
import { sweepSessions } from "./session-store.ts";
import { sweepAttempts } from "./throttle-store.ts";
import { TokenMint } from "./token-mint.ts";

type UsersFields = (typeof usersConfig)["fields"];

export const usersService: ServiceDefinition<UsersFields> = {
  config: usersConfig,
  metrics: userMetrics,
  limits: { bodyBytes: 16 * 1024 },
  openapi: { title: "Users", version: "1.0.0" },
  open: async (context) => {
    const { http, config, environment, uses } = context;
    const runtime = await openRuntime(context);
    const keys = localKeys(runtime.mint.keySet.keys);
    const { issuer, audience } = config;
    const authenticator = createAuthenticator({ keys, issuer, audience, clock: environment.clock });
    authRoutes(http, { runtime, authenticator });
    meRoutes(http, { runtime, authenticator });
    usersRoutes(http, { runtime, authenticator });
    keyRoutes(http, runtime.mint);
    internalRoutes(http, { runtime, contactsKey: uses.secret("SERVICE_KEYS_CONTACTS") });
    context.scope.own(sweeper(context, runtime));
  },
};

async function openRuntime(context: ServiceContext<UsersFields>): Promise<UsersRuntime> {
  const { config, environment, metrics, uses } = context;
  const database = await uses.postgres("USERS_DB_URL");
  return {
    config,
    environment,
    database,
    events: await openEventWriter(context, database),
    hasher: timedHasher(config, metrics, environment.clock),
    mint: new TokenMint({
      ...config,
      signingKey: uses.secret("TOKENS_SIGNING"),
      clock: environment.clock,
      entropy: environment.entropy,
    }),
    mailTokenKey: uses.secret("TOKENS_MAIL"),
    count: countersOf(metrics),
  };
}

/** A hasher whose waits and work are measured. */
function timedHasher(
  config: UsersConfig,
  metrics: ServiceContext["metrics"],
  clock: Clock,
): PasswordHasher {
  const seconds = metrics.histogram(userMetrics.passwordHashSeconds);
  return new PasswordHasher({
    cost: { memoryKib: config.passwordMemoryKib, passes: config.passwordPasses },
    concurrency: config.passwordConcurrency,
    queue: config.passwordQueue,
    measure: async (work) => {
      const startedMs = clock.monotonicMs();
      try {
        return await work();
      } finally {
        seconds.observe({}, (clock.monotonicMs() - startedMs) / 1000);
      }
    },
  });
}

function countersOf(metrics: ServiceContext["metrics"]): UsersCounters {
  const registrations = metrics.counter(userMetrics.registrationsTotal);
  const logins = metrics.counter(userMetrics.loginsTotal);
  const refreshes = metrics.counter(userMetrics.refreshesTotal);
  return {
    registration: () => registrations.add({}),
    login: (outcome) => logins.add({ outcome }),
    refresh: (outcome) => refreshes.add({ outcome }),
  };
}

const keptAfterEndMs = 24 * 3_600_000;

/** Forgets what nobody can use any more. */
function sweeper(context: ServiceContext<UsersFields>, runtime: UsersRuntime): Periodic {
  const { clock } = context.environment;
  return new Periodic({
    name: "expired sessions and tokens swept",
    clock,
    intervalMs: 600_000,
    log: context.log,
    run: async () => {
      const beforeMs = clock.wallMs() - keptAfterEndMs;
      const { database } = runtime;
      const swept = await Promise.all([
        sweepSessions(database, beforeMs),
        sweepMailedTokens(database, beforeMs),
        sweepAttempts(database, beforeMs),
      ]);
      return swept.reduce((total, each) => total + each, 0);
    },
  });
}
