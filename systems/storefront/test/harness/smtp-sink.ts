/**
 * A mail server that keeps what it is given, and can be told to misbehave.
 *
 * @module
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

interface ReceivedMail {
  readonly to: string;
  readonly messageId: string;
  readonly date: string;
  readonly subject: string;
  readonly source: string;
}

export interface SmtpSink extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedMail[];
  /**
   * What happens to the next mails, each once: refused for now, refused for good, or taken while the
   * answer is lost. Empty: taken.
   */
  readonly mood: ("later" | "never" | "silent")[];
}

export async function openSmtpSink(): Promise<SmtpSink> {
  const received: ReceivedMail[] = [];
  const mood: ("later" | "never" | "silent")[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    converse(socket, { received, mood });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    mood,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function converse(
  socket: Socket,
  state: { readonly received: ReceivedMail[]; readonly mood: ("later" | "never" | "silent")[] },
): void {
  let buffered = "";
  let to = "";
  let inData = false;
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  const take = (source: string): void => {
    const mood = state.mood.shift();
    if (mood === "later") return say("451 try again later");
    if (mood === "never") return say("550 no such mailbox");
    state.received.push(mailOf(to, source));
    if (mood === "silent") return void socket.destroy();
    say("250 taken");
  };
  socket.setEncoding("utf8");
  say("220 sink");
  socket.on("data", (chunk: string) => {
    buffered += chunk;
    for (;;) {
      const end = buffered.indexOf(inData ? "\r\n.\r\n" : "\r\n");
      if (end < 0) return;
      const text = buffered.slice(0, end);
      buffered = buffered.slice(end + (inData ? 5 : 2));
      if (inData) {
        inData = false;
        take(text);
        continue;
      }
      const verb = text.slice(0, 4).toUpperCase();
      if (verb === "RCPT") to = /<(.*)>/.exec(text)?.[1] ?? "";
      inData = verb === "DATA";
      say(inData ? "354 go on" : verb === "QUIT" ? "221 bye" : "250 sink");
    }
  });
}

function mailOf(to: string, source: string): ReceivedMail {
  const head = source.split("\r\n\r\n")[0]?.replaceAll(/\r\n[ \t]+/g, " ") ?? "";
  const header = (name: string): string =>
    new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1] ?? "";
  return {
    to,
    source,
    messageId: header("message-id"),
    date: header("date"),
    subject: header("subject"),
  };
}
