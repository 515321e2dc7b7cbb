/**
 * Goal: a service address is as good as a connection to the replica itself.
 * Method: real sockets on the loopback; servers that identify themselves.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { silentLog } from "@ashlar/foundation";
import { seededEntropy } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { type Backend, Balancer } from "../src/balancer.ts";
import { isFree, PortBook } from "../src/port-book.ts";

async function serve(
  onConnection: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly server: Server } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    server,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function openBalancer(): Promise<Balancer> {
  await using book = new PortBook({}, seededEntropy(process.pid));
  const { port } = await book.give("test");
  return new Balancer({ host: "127.0.0.1", port, log: silentLog });
}

const backend = (instance: string, port: number): Backend => ({
  instance,
  host: "127.0.0.1",
  port,
});

async function readAll(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const sayAndEnd = (text: string) => (socket: Socket) => socket.end(text);

test("LB2: connections go to the ready replicas in turn; one that refuses is passed over", async () => {
  await using one = await serve(sayAndEnd("one"));
  await using two = await serve(sayAndEnd("two"));
  const gone = await serve(sayAndEnd("never"));
  await gone[Symbol.asyncDispose]();
  await using balancer = await openBalancer();
  await balancer.setBackends([
    backend("a-0", one.port),
    backend("a-1", gone.port),
    backend("a-2", two.port),
  ]);
  const answers = [];
  for (let i = 0; i < 6; i++) answers.push(await readAll(connect(balancer.port, "127.0.0.1")));
  expect(answers).toEqual(["one", "two", "two", "one", "two", "two"]);
  expect(balancer.counts).toMatchObject({ total: 6, refused: 0 });
});

test("LB1: nobody listens while no replica is ready", async () => {
  await using one = await serve(sayAndEnd("one"));
  await using balancer = await openBalancer();
  const refused = async (): Promise<unknown> =>
    once(connect(balancer.port, "127.0.0.1"), "connect").catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
  expect(await refused()).toBe("ECONNREFUSED");
  await balancer.setBackends([backend("a-0", one.port)]);
  expect(await readAll(connect(balancer.port, "127.0.0.1"))).toBe("one");
  await balancer.setBackends([]);
  expect(await refused()).toBe("ECONNREFUSED");
});

test("LB3: what follows a half-close arrives, in both directions", async () => {
  await using echo = await serve((socket) => {
    let got = "";
    socket.on("data", (chunk) => (got += String(chunk)));
    socket.on("end", () => socket.end(`got ${got}`));
  });
  await using balancer = await openBalancer();
  await balancer.setBackends([backend("a-0", echo.port)]);
  const socket = connect({ port: balancer.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end("everything");
  expect(await readAll(socket)).toBe("got everything");
});

test("LB3: a reset on one side is a reset on the other", async () => {
  await using rude = await serve((socket) => socket.once("data", () => socket.resetAndDestroy()));
  await using balancer = await openBalancer();
  await balancer.setBackends([backend("a-0", rude.port)]);
  const socket = connect(balancer.port, "127.0.0.1");
  socket.write("x");
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
});

test("LB4: a replica that does not read stops the client; nothing is lost when it reads on", async () => {
  let paused: Socket | undefined;
  let received = 0;
  await using slow = await serve((socket) => {
    paused = socket.pause();
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.pause();
    socket.on("end", () => socket.end());
  });
  await using balancer = await openBalancer();
  await balancer.setBackends([backend("a-0", slow.port)]);
  const socket = connect({ port: balancer.port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  const chunk = Buffer.alloc(1 << 20, "x");
  let sent = 0;
  // Writes until the kernel's buffers and the balancer's are full; far below what would be sent
  // if anybody kept it all in memory.
  while (sent < 512 * chunk.length) {
    sent += chunk.length;
    if (!socket.write(chunk)) {
      const drained = await Promise.race([
        once(socket, "drain").then(() => true),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300)),
      ]);
      if (!drained) break;
    }
  }
  expect(sent).toBeLessThan(64 * chunk.length);
  paused?.resume();
  socket.end();
  await readAll(socket);
  expect(received).toBe(sent);
});

test("LB5: a replica that is taken out keeps its connections", async () => {
  await using echo = await serve((socket) => socket.pipe(socket));
  await using balancer = await openBalancer();
  await balancer.setBackends([backend("a-0", echo.port)]);
  const socket = connect(balancer.port, "127.0.0.1");
  socket.write("before ");
  expect(String((await once(socket, "data"))[0])).toBe("before ");
  await balancer.setBackends([]);
  socket.write("after");
  expect(String((await once(socket, "data"))[0])).toBe("after");
  expect(balancer.counts.open).toBe(1);
  socket.destroy();
});

test("LPO1, LPO2: a number is given once, and again at the next run", async () => {
  const first = new PortBook({}, seededEntropy(7));
  const a = await first.give("service a.http");
  const b = await first.give("service b.http");
  const lent = await first.lend("replica a-0.http");
  expect(new Set([a.port, b.port, lent]).size).toBe(3);
  const remembered = first.remembered();
  await first[Symbol.asyncDispose]();
  await using next = new PortBook(remembered, seededEntropy(8));
  expect(await next.give("service a.http")).toEqual(a);
  expect(await next.lendStable("service b.http")).toBe(b.port);
});

test("LPO2, LPO3: a remembered number that another holds is replaced, and the replacement told", async () => {
  await using holder = new PortBook({}, seededEntropy(9));
  const { port } = await holder.give("service other.http");
  expect(await isFree(port)).toBe(process.platform !== "linux"); // LPO3: held while nobody listens.
  const blocker = createServer().listen(port, "127.0.0.1"); // The owner itself can listen.
  await once(blocker, "listening");
  await using book = new PortBook({ "service a.http": port }, seededEntropy(10));
  const grant = await book.give("service a.http");
  expect(grant.insteadOf).toBe(port);
  expect(grant.port).not.toBe(port);
  blocker.close();
});
