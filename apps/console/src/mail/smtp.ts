/**
 * Takes mail by SMTP and puts it into the mailbox. Nothing is ever sent on.
 *
 * The SMTP engine is loaded when the first connection comes: most hours of most systems send no
 * mail, and the engine costs 20 MB and 100 ms.
 *
 * - CN18  It listens on loopback only, keeps a mail only when all of it came, and answers 250 only
 *         after it is kept.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import { describeError, type Log } from "@ashlar/foundation";
import type { SMTPServer } from "smtp-server";
import { type Envelope, type Mailbox, mailBytesMax } from "./mailbox.ts";

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  readonly mailbox: Mailbox;
  readonly log: Log;
}

const connectionsMax = 50;
const recipientsMax = 100;

/** Listens, and settles when it does. Disposing ends open conversations. */
export async function openSmtp(options: SmtpOptions): Promise<AsyncDisposable> {
  let engine: Promise<SMTPServer> | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    engine ??= createEngine(options);
    engine.then(
      (smtp) => smtp.connect(socket),
      (error: unknown) => {
        options.log.error("the SMTP engine did not load", { error: String(error) });
        socket.destroy();
      },
    );
  });
  server.maxConnections = connectionsMax;
  await listen(server, options);
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listen(server: Server, options: SmtpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function createEngine({ mailbox, log }: SmtpOptions): Promise<SMTPServer> {
  const { SMTPServer } = await import("smtp-server");
  const engine = new SMTPServer({
    name: "ashlar-mailbox",
    banner: "Ashlar mailbox: mail stays on this machine",
    logger: false,
    // Any name and password will do: a part may be configured as for its real relay.
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    size: mailBytesMax,
    socketTimeout: 60_000,
    onAuth: (auth, _session, done) => done(null, { user: auth.username ?? "anyone" }),
    onRcptTo: (_address, session, done) => {
      const full = session.envelope.rcptTo.length >= recipientsMax;
      done(full ? refusal(452, `at most ${recipientsMax} recipients`) : null);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      stream.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= mailBytesMax) chunks.push(chunk);
      });
      stream.once("end", () => {
        if (bytes > mailBytesMax || stream.sizeExceeded) {
          done(refusal(552, `a mail is at most ${mailBytesMax} bytes`));
          return;
        }
        const { mailFrom, rcptTo } = session.envelope;
        const envelope = {
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map((each) => each.address),
        };
        const finish = async (): Promise<void> => {
          const failure = await keep(mailbox, Buffer.concat(chunks), envelope);
          if (failure !== null) log.error("a mail could not be kept", { error: failure.message });
          done(failure);
        };
        void finish();
      });
    },
  });
  engine.on("error", (error: Error) => log.debug("SMTP conversation failed", { error }));
  return engine;
}

/** Null when the mailbox has it. */
async function keep(mailbox: Mailbox, raw: Uint8Array, envelope: Envelope): Promise<Error | null> {
  try {
    await mailbox.receive(raw, envelope);
    return null;
  } catch (error) {
    return refusal(451, `could not keep the mail: ${describeError(error)}`);
  }
}

/** The engine takes the answer's code from the error. */
function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
