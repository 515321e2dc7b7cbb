/** Mail by SMTP, as parts send it, into the bounded mailbox. */
import { connect, type Socket } from "node:net";
import { silentLog } from "@ashlar/foundation";
import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import { expect, test } from "vitest";
import {
  type Envelope,
  Mailbox,
  mailBytesMax,
  mailboxBytesMax,
  mailsMax,
} from "../src/mail/mailbox.ts";
import { openSmtp } from "../src/mail/smtp.ts";

const environment = { clock: new SimulatedClock(), entropy: seededEntropy(1) };
const envelope: Envelope = { from: "a@example.com", to: ["b@example.com"] };
const source = (headers: string, text = "Hello"): Uint8Array =>
  Buffer.from(`${headers}\r\n\r\n${text}\r\n`);

test("a mail is parsed: people, subject, text, html, pictures, attachments", async () => {
  const mailbox = new Mailbox(environment);
  const raw = [
    'From: "Jürgen" <j@example.com>',
    "To: b@example.com",
    "Subject: =?utf-8?B?R3LDvMOfZQ==?=",
    "Message-ID: <1@x>",
    'Content-Type: multipart/related; boundary="e"',
    "",
    "--e",
    "Content-Type: text/html; charset=utf-8",
    "",
    '<p>Hi</p><img src="cid:logo"><script>alert(1)</script>',
    "--e",
    "Content-Type: image/png",
    "Content-ID: <logo>",
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: inline; filename="logo.png"',
    "",
    "iVBORw0KGgo=",
    "--e--",
  ].join("\r\n");
  const mail = await mailbox.receive(Buffer.from(raw), envelope);
  expect(mail).toMatchObject({
    subject: "Grüße",
    from: { name: "Jürgen", address: "j@example.com" },
    to: ["b@example.com"],
    preview: "Hi",
  });
  expect(mail.html).toContain("data:image/png;base64,iVBORw0KGgo=");
  expect(mail.files).toEqual([{ name: "logo.png", type: "image/png", bytes: 8 }]);
});

test("CN17: the same mail again counts as a copy; to others it is another", async () => {
  const mailbox = new Mailbox(environment);
  const raw = source("Message-ID: <7@x>\r\nSubject: Once");
  await mailbox.receive(raw, envelope);
  await mailbox.receive(raw, envelope);
  await mailbox.receive(raw, { ...envelope, to: ["c@example.com"] });
  expect(mailbox.list().map((each) => each.copies)).toEqual([1, 2]);
  expect(mailbox.received).toBe(3);
});

test("mails without an id are each kept", async () => {
  const mailbox = new Mailbox(environment);
  for (let at = 0; at < 2; at++) await mailbox.receive(source("Subject: X"), envelope);
  expect(mailbox.count).toBe(2);
});

test("CN16: the newest mails stay, within count and bytes", async () => {
  const mailbox = new Mailbox(environment);
  for (let at = 0; at < mailsMax + 3; at++) {
    await mailbox.receive(source(`Subject: ${at}`), envelope);
  }
  expect(mailbox.count).toBe(mailsMax);
  expect(mailbox.list()[0]?.subject).toBe(String(mailsMax + 2));
  const large = source("Subject: large", "x".repeat(4 * 2 ** 20));
  for (let at = 0; at < 8; at++) await mailbox.receive(large, envelope);
  const bytes = mailbox.list().reduce((sum, each) => sum + each.bytes, 0);
  expect(bytes).toBeLessThan(mailboxBytesMax);
});

test("search and removal", async () => {
  const mailbox = new Mailbox(environment);
  for (const subject of ["Order", "Welcome"]) {
    await mailbox.receive(source(`Subject: ${subject}`), { ...envelope, to: [`${subject}@x.org`] });
  }
  expect(mailbox.list({ search: "welc" })).toHaveLength(1);
  expect(mailbox.list({ to: "order@X.org" })).toHaveLength(1);
  const [{ id } = { id: "" }] = mailbox.list();
  expect(mailbox.remove(id)).toBe(1);
  expect(mailbox.remove()).toBe(1);
  expect(mailbox.count).toBe(0);
});

/** A conversation line by line: sends, then waits for the last line of the answer. */
class Conversation {
  readonly #socket: Socket;
  #text = "";
  #wake: (() => void) | undefined;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("utf8");
      this.#wake?.();
    });
  }

  async answer(): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*(\d{3} .*)\r\n/.exec(this.#text);
      if (match !== null) {
        this.#text = this.#text.slice(match[0].length);
        return match[1] ?? "";
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async say(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return await this.answer();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

test("CN18: SMTP takes a mail with or without sign-in, and says 250 when it is kept", async () => {
  const mailbox = new Mailbox(environment);
  const port = 20_000 + (process.pid % 20_000);
  await using _smtp = await openSmtp({ host: "127.0.0.1", port, mailbox, log: silentLog });
  using talk = new Conversation(port);
  expect(await talk.answer()).toMatch(/^220 /);
  expect(await talk.say("EHLO part")).toMatch(/^250 /);
  const plain = Buffer.from("\0any\0thing").toString("base64");
  expect(await talk.say(`AUTH PLAIN ${plain}`)).toMatch(/^235 /);
  expect(await talk.say("MAIL FROM:<shop@example.com>")).toMatch(/^250 /);
  expect(await talk.say("RCPT TO:<ada@example.com>")).toMatch(/^250 /);
  expect(await talk.say("DATA")).toMatch(/^354 /);
  expect(await talk.say("Subject: By wire\r\nMessage-ID: <w@x>\r\n\r\nText.\r\n.")).toMatch(
    /^250 /,
  );
  expect(mailbox.list()).toMatchObject([
    { subject: "By wire", to: ["ada@example.com"], from: { address: "shop@example.com" } },
  ]);
  expect(await talk.say(`MAIL FROM:<a@x> SIZE=${mailBytesMax + 1}`)).toMatch(/^552 /);
});
