/**
 * What the users service measures beside the HTTP figures that every service has.
 *
 * @module
 */
import { type Counter, counter, type Histogram, histogram } from "@ashlar/foundation";

const loginLabels = { outcome: ["success", "refused", "throttled"] } as const;
const refreshLabels = { outcome: ["rotated", "reused", "refused"] } as const;

const registrationsTotal: Counter = counter("users_registrations_total", {
  help: "Accounts registered.",
});
const loginsTotal: Counter<typeof loginLabels> = counter("users_logins_total", {
  help: "Log-in attempts by outcome.",
  labels: loginLabels,
});
const refreshesTotal: Counter<typeof refreshLabels> = counter("users_refreshes_total", {
  help: "Refresh tokens presented, by outcome; `reused` means a revoked session.",
  labels: refreshLabels,
});
const passwordHashSeconds: Histogram = histogram("users_password_hash_seconds", {
  help: "Time to hash or verify one password, waiting for a free slot included.",
});

export const userMetrics: {
  readonly registrationsTotal: Counter;
  readonly loginsTotal: Counter<typeof loginLabels>;
  readonly refreshesTotal: Counter<typeof refreshLabels>;
  readonly passwordHashSeconds: Histogram;
} = { registrationsTotal, loginsTotal, refreshesTotal, passwordHashSeconds };
