/**
 * Mail by SMTP.
 *
 * Every attempt of a delivery has the same Message-ID, Date and text: a receiver that has seen one
 * can drop the other (RFC 5322 section 3.6.4).
 *
 * @module
 */

import { createTransport, type Transporter } from "nodemailer";
import { timestamp } from "../common/timestamp.ts";
import type { Channel, Envelope } from "./channel.ts";
import { MessageRefusedError, MessageUndeliveredError } from "./errors.ts";

export interface SmtpChannelOptions {
  /** `smtp://[user:password@]host:port`, or `smtps:` for TLS from the start. */
  readonly url: string;
  readonly fromName: string;
  readonly fromAddress: string;
  /** Bounds each step of a connection. */
  readonly timeoutMs: number;
}

export class SmtpChannel implements Channel, Disposable {
  readonly #transport: Transporter;
  readonly #from: { readonly name: string; readonly address: string };

  constructor(options: SmtpChannelOptions) {
    const { timeoutMs } = options;
    this.#from = { name: options.fromName, address: options.fromAddress };
    this.#transport = createTransport({
      url: options.url,
      pool: true,
      maxConnections: 4,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    } as Parameters<typeof createTransport>[0]);
  }

  async send(envelope: Envelope, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      await this.#transport.sendMail({
        from: this.#from,
        to: { name: "", address: envelope.address },
        messageId: envelope.messageId,
        date: timestamp(envelope.timeMs),
        subject: envelope.subject,
        text: envelope.text,
        html: envelope.html,
        headers: { "auto-submitted": "auto-generated" },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    } catch (error) {
      throw refusalOf(error);
    }
  }

  [Symbol.dispose](): void {
    this.#transport.close();
  }
}

/** A reply of the 5xx class is for good (RFC 5321 section 4.2.1); all else is worth another try. */
function refusalOf(error: unknown): MessageRefusedError | MessageUndeliveredError {
  const { responseCode, message } = error as { responseCode?: unknown; message?: unknown };
  const reason = typeof message === "string" ? message : "no reason given";
  if (typeof responseCode === "number" && responseCode >= 500) {
    return new MessageRefusedError("email", reason, { cause: error });
  }
  return new MessageUndeliveredError("email", reason, { cause: error });
}
