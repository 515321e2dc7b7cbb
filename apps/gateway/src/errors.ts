/**
 * The errors of this program.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";

/**
 * Thrown at start for a missing or unreadable variable, or a Plan without this gateway. Names every
 * fault. Not worth a retry: correct the environment.
 */
export class GatewaySettingsError extends CodedError<
  "GATEWAY_SETTINGS_INVALID",
  { readonly violations: readonly string[] }
> {
  constructor(violations: readonly string[]) {
    super("GATEWAY_SETTINGS_INVALID", `the gateway cannot start: ${violations.join("; ")}`, {
      violations,
    });
  }
}

/** Reason of the readiness check `listening` while the gateway opens. Wait. */
export class NotListeningError extends CodedError<"GATEWAY_NOT_LISTENING", Record<never, never>> {
  constructor() {
    super("GATEWAY_NOT_LISTENING", "the gateway is not listening yet", {});
  }
}

/** A shared store is asked for before it could be opened. Retried by itself; see the log for why. */
export class StoreNotOpenError extends CodedError<"GATEWAY_STORE_NOT_OPEN", Record<never, never>> {
  constructor() {
    super("GATEWAY_STORE_NOT_OPEN", "the shared store is not open yet", {});
  }
}
