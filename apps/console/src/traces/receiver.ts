/**
 * Takes OTLP/HTTP trace exports from the parts of the system.
 *
 * It has no token, because the parts have none: it takes telemetry in and gives nothing out.
 *
 * - CN21  A body and its unpacked form have at most `bodyBytesMax`; at most `spansPerSecondMax`
 *         spans a second are kept on average, the rest is refused as a whole with 429.
 *
 * @module
 */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Clock } from "@ashlar/foundation";
import { BodyTooLargeError, OtlpInvalidError, OverloadedError } from "../errors.ts";
import { type Exchange, readBody, send, sendJson } from "../http/exchange.ts";
import { decodeExport } from "./otlp.ts";
import type { TraceStore } from "./trace-store.ts";

export const bodyBytesMax: number = 4 * 2 ** 20;
export const spansPerSecondMax = 5_000;
const burstMax: number = 4 * spansPerSecondMax;

const unpack = promisify(gunzip);

export class TraceReceiver {
  readonly #store: TraceStore;
  readonly #clock: Clock;
  #allowance = burstMax;
  #allowedAtMs: number;

  constructor(store: TraceStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#allowedAtMs = clock.monotonicMs();
  }

  async receive({ request, response }: Exchange): Promise<void> {
    const contentType = request.headers["content-type"] ?? "";
    const packed = await readBody(request, bodyBytesMax);
    const body = request.headers["content-encoding"] === "gzip" ? await unpacked(packed) : packed;
    const { spans, rejected } = decodeExport(body, contentType);
    this.#take(spans.length);
    this.#store.add(spans);
    if (contentType.includes("json")) {
      const partialSuccess =
        rejected === 0
          ? {}
          : { rejectedSpans: String(rejected), errorMessage: "spans without valid ids or times" };
      sendJson(response, { partialSuccess });
    } else {
      send(response, { type: "application/x-protobuf", body: new Uint8Array() });
    }
  }

  #take(count: number): void {
    const nowMs = this.#clock.monotonicMs();
    const earned = ((nowMs - this.#allowedAtMs) / 1000) * spansPerSecondMax;
    this.#allowance = Math.min(burstMax, this.#allowance + earned);
    this.#allowedAtMs = nowMs;
    if (count > this.#allowance) throw new OverloadedError(`${spansPerSecondMax} spans a second`);
    this.#allowance -= count;
  }
}

async function unpacked(packed: Buffer): Promise<Buffer> {
  try {
    return await unpack(packed, { maxOutputLength: bodyBytesMax });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ERR_BUFFER_TOO_LARGE") throw new BodyTooLargeError(bodyBytesMax);
    throw new OtlpInvalidError("the gzip encoding is broken");
  }
}
