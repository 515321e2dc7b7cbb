/**
 * The mail that the system sent on this machine: caught, kept for a while, shown to its developer.
 *
 * - CN16  Mails and their bytes are bounded; the oldest leave first.
 * - CN17  A mail that arrives again with the same Message-ID and recipients is kept once and its
 *         repetitions are counted, so that a double sending is seen rather than hidden.
 *
 * @module
 */
import type { Environment } from "@ashlar/foundation";
import type { Email } from "postal-mime";
import { Ring } from "../ring.ts";

interface MailAddress {
  readonly name: string;
  readonly address: string;
}

interface MailAttachment {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}

export interface MailSummary {
  readonly id: string;
  /** Unix milliseconds of arrival. */
  readonly receivedMs: number;
  readonly from: MailAddress | null;
  /** The envelope's recipients: whom the server was told to deliver to. */
  readonly to: readonly string[];
  readonly subject: string;
  /** The first words of its text. */
  readonly preview: string;
  readonly bytes: number;
  readonly attachments: number;
  /** How often it arrived; more than 1 means that somebody sends twice. */
  readonly copies: number;
}

export interface Mail extends MailSummary {
  readonly messageId: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly text: string;
  /** Null where the mail has no HTML part. */
  readonly html: string | null;
  readonly raw: string;
  readonly files: readonly MailAttachment[];
}

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

export const mailsMax = 500;
export const mailboxBytesMax: number = 32 * 2 ** 20;
export const mailBytesMax: number = 5 * 2 ** 20;
/** Pictures inside a mail are put into its HTML up to this size each. */
const inlineBytesMax = 512 * 2 ** 10;

type StoredMail = Mail & { copies: number };

export class Mailbox {
  readonly #environment: Environment;
  readonly #mails = new Ring<StoredMail>({
    countMax: mailsMax,
    bytesMax: mailboxBytesMax,
    sizeOf: (mail) => mail.bytes * 2 + (mail.html?.length ?? 0) + mail.text.length,
  });
  readonly #onChange: () => void;
  #received = 0;

  constructor(environment: Environment, onChange: () => void = () => undefined) {
    this.#environment = environment;
    this.#onChange = onChange;
  }

  get count(): number {
    return this.#mails.size;
  }

  /** How many ever came, repetitions included: a page compares it to know that there is news. */
  get received(): number {
    return this.#received;
  }

  /** Parses and keeps one mail. What cannot be parsed is kept as its raw text. */
  async receive(raw: Uint8Array, envelope: Envelope): Promise<Mail> {
    const { default: PostalMime } = await import("postal-mime");
    const email = await PostalMime.parse(raw).catch(() => undefined);
    const mail = this.#mailFrom(raw, envelope, email);
    this.#received++;
    const same = this.#mails.items().find((each) => isSame(each, mail));
    if (same === undefined) this.#mails.push(mail);
    else same.copies++; // CN17
    this.#onChange();
    return same ?? mail;
  }

  /** Newest first. `search` looks into subject, addresses and text; `to` is one exact recipient. */
  list(query: { readonly search?: string; readonly to?: string } = {}): MailSummary[] {
    const search = query.search?.toLowerCase() ?? "";
    const to = query.to?.toLowerCase();
    const found = this.#mails.items().filter((mail) => {
      if (to !== undefined && !mail.to.some((each) => each.toLowerCase() === to)) return false;
      if (search === "") return true;
      const fields = [mail.subject, mail.from?.address ?? "", ...mail.to, mail.text];
      return fields.some((each) => each.toLowerCase().includes(search));
    });
    return found.toReversed().map(summaryOf);
  }

  get(id: string): Mail | undefined {
    return this.#mails.items().find((mail) => mail.id === id);
  }

  /** Removes one mail, or all; says how many. */
  remove(id?: string): number {
    const removed = this.#mails.remove((mail) => id === undefined || mail.id === id);
    if (removed > 0) this.#onChange();
    return removed;
  }

  #mailFrom(raw: Uint8Array, envelope: Envelope, email: Email | undefined): StoredMail {
    const source = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString("utf8");
    const text = email?.text ?? (email?.html === undefined ? source : textFromHtml(email.html));
    return {
      id: this.#environment.entropy.uuid(),
      receivedMs: this.#environment.clock.wallMs(),
      messageId: email?.messageId ?? "",
      from: addressOf(email?.from) ?? { name: "", address: envelope.from },
      to: [...envelope.to],
      subject: email?.subject ?? "",
      preview: text.replaceAll(/\s+/g, " ").trim().slice(0, 140),
      bytes: raw.byteLength,
      attachments: email?.attachments.length ?? 0,
      copies: 1,
      headers: (email?.headers ?? []).map(({ originalKey, key, value }) => ({
        name: originalKey ?? key,
        value,
      })),
      text,
      html: email?.html === undefined ? null : withInlinePictures(email.html, email.attachments),
      raw: source,
      files: (email?.attachments ?? []).map((each) => ({
        name: each.filename ?? "unnamed",
        type: each.mimeType,
        bytes: sizeOf(each.content),
      })),
    };
  }
}

function isSame(a: Mail, b: Mail): boolean {
  return a.messageId !== "" && a.messageId === b.messageId && a.to.join() === b.to.join();
}

function summaryOf(mail: StoredMail): MailSummary {
  const { id, receivedMs, from, to, subject, preview, bytes, attachments, copies } = mail;
  return { id, receivedMs, from, to, subject, preview, bytes, attachments, copies };
}

function addressOf(address: Email["from"]): MailAddress | null {
  return address?.address === undefined
    ? null
    : { name: address.name ?? "", address: address.address };
}

function sizeOf(content: ArrayBuffer | Uint8Array | string): number {
  return typeof content === "string" ? content.length : content.byteLength;
}

/** `cid:` pictures become data, because the frame that shows the mail may load nothing. */
function withInlinePictures(html: string, attachments: Email["attachments"]): string {
  let result = html;
  for (const each of attachments) {
    const id = each.contentId?.replaceAll(/[<>]/g, "");
    const { content } = each;
    if (id === undefined || !each.mimeType.startsWith("image/")) continue;
    if (typeof content === "string" || sizeOf(content) > inlineBytesMax) continue;
    const bytes = content instanceof Uint8Array ? content : new Uint8Array(content);
    const data = Buffer.from(bytes).toString("base64");
    result = result.replaceAll(`cid:${id}`, `data:${each.mimeType};base64,${data}`);
  }
  return result;
}

/** Good enough for a preview line; the mail itself is shown by the browser. */
function textFromHtml(html: string): string {
  return html
    .replaceAll(/<(style|script)[\s\S]*?<\/\1>/gi, " ")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&nbsp;", " ")
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
}
