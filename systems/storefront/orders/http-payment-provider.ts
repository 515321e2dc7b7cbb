/**
 * A payment provider behind HTTPS.
 *
 * It speaks a small protocol of its own, which a gateway to a real provider implements: `PUT
 * /v1/payments/{key}` authorises, `POST /v1/payments/{key}/capture`, `/void` and `/refund` move, and
 * `GET /v1/payments/{key}` tells; each answers `{"status", "reason"?}`, and 404 is `unknown`.
 *
 * @module
 */
import * as z from "zod";
import { PaymentProviderError } from "./errors.ts";
import type { Authorization, PaymentProvider, ProviderAnswer } from "./payment-provider.ts";

const answerSchema = z.object({
  status: z.enum(["unknown", "authorized", "captured", "declined", "voided", "refunded"]),
  reason: z.string().max(100).optional(),
});

export interface HttpPaymentProviderOptions {
  /** `https://api.payments.example.com` */
  readonly url: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
}

interface Call {
  readonly name: string;
  readonly key: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export class HttpPaymentProvider implements PaymentProvider {
  readonly #options: HttpPaymentProviderOptions;

  constructor(options: HttpPaymentProviderOptions) {
    this.#options = options;
  }

  authorize(authorization: Authorization, signal: AbortSignal): Promise<ProviderAnswer> {
    const { key, amount, card } = authorization;
    const body = { ...amount, card };
    return this.#call({ name: "authorize", key, method: "PUT", path: "", body, signal });
  }

  capture(key: string, signal: AbortSignal): Promise<ProviderAnswer> {
    return this.#call({ name: "capture", key, method: "POST", path: "/capture", signal });
  }

  void(key: string, signal: AbortSignal): Promise<ProviderAnswer> {
    return this.#call({ name: "void", key, method: "POST", path: "/void", signal });
  }

  refund(key: string, signal: AbortSignal): Promise<ProviderAnswer> {
    return this.#call({ name: "refund", key, method: "POST", path: "/refund", signal });
  }

  find(key: string, signal: AbortSignal): Promise<ProviderAnswer> {
    return this.#call({ name: "find", key, method: "GET", path: "", signal });
  }

  /** Anything but an answer of the agreed shape leaves the outcome unknown: the caller asks again. */
  async #call(call: Call): Promise<ProviderAnswer> {
    const { url, apiKey, fetch } = this.#options;
    try {
      const response = await fetch(new URL(`/v1/payments/${call.key}${call.path}`, url), {
        method: call.method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          "content-type": "application/json",
          "idempotency-key": `${call.key}-${call.name}`,
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        redirect: "error",
        signal: call.signal,
      });
      if (response.status === 404) {
        await response.body?.cancel();
        return { status: "unknown" };
      }
      if (!response.ok) {
        await response.body?.cancel();
        throw new PaymentProviderError(call.name, call.key);
      }
      const { status, reason } = answerSchema.parse(await response.json());
      return reason === undefined ? { status } : { status, reason };
    } catch (error) {
      if (error instanceof PaymentProviderError) throw error;
      throw new PaymentProviderError(call.name, call.key, { cause: error });
    }
  }
}
