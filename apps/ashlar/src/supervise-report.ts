/**
 * What passes between `up --detach` and the supervisor that it starts. Plain data.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import { describeOnce } from "./render/failure.ts";
import type { SupervisionRequest } from "./supervision.ts";

/** Written to the supervisor's stdin. */
export interface DetachedRequest extends SupervisionRequest {
  /** Go on trying when the system does not come up, so that it can be looked at. */
  readonly keep: boolean;
}

/** `listening`: the control socket answers. `ready` or `failed`: how the start went. */
export type SupervisorReport =
  | { readonly state: "listening" | "ready" }
  | { readonly state: "failed"; readonly error: ReportedError };

/** An error as it crosses from process to process. */
export interface ReportedError {
  readonly code: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export function reportedFrom(error: unknown): ReportedError {
  if (error instanceof CodedError) {
    return { code: error.code, message: describeOnce(error), detail: error.detail };
  }
  return { code: "UNEXPECTED", message: describeOnce(error), detail: {} };
}
