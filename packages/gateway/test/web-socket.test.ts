import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameBoundary, goingAwayFrame } from "../src/frame-boundary.ts";
import {
  echo,
  exchangeRaw,
  firstAnswer,
  gatewayPlan,
  openTestGateway,
  routePlan,
  Service,
} from "./fixture.ts";

const key = randomBytes(16).toString("base64");
const accept = createHash("sha1")
  .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  .digest("base64");

function handshake(path: string, headers: readonly string[] = []): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: a",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A server frame, unmasked. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? [0x81, payload.length]
      : [0x81, 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A service that upgrades, and hands its side of each socket over. */
async function upgrading(): Promise<
  Service & { sockets2: { request: IncomingMessage; socket: Socket }[] }
> {
  const service = await Service.open(echo);
  const sockets2: { request: IncomingMessage; socket: Socket }[] = [];
  service.server.on("upgrade", (request, socket: Socket) => {
    socket.on("error", () => undefined);
    if (request.url === "/ws/refused") {
      socket.end("HTTP/1.1 418 Teapot\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
      return;
    }
    const answer = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    socket.write(answer);
    sockets2.push({ request, socket });
    service.server.emit("tunnel");
  });
  return Object.assign(service, { sockets2 });
}

class Client {
  readonly socket: Socket;
  received: Buffer = Buffer.alloc(0);

  constructor(port: number, bytes: string) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => undefined);
    this.socket.on("data", (piece) => {
      this.received = Buffer.concat([this.received, piece]);
    });
    this.socket.write(bytes);
  }

  async until(predicate: (received: Buffer) => boolean): Promise<void> {
    while (!predicate(this.received)) await once(this.socket, "data");
  }
}

const ws = routePlan({ path: "/ws/*", protocol: "websocket" });

test("GW1: bytes pass both ways after the handshake, with the consumer's headers set anew", async () => {
  await using service = await upgrading();
  await using gateway = await openTestGateway(gatewayPlan([ws]), { service: service.url });
  const client = new Client(gateway.port, handshake("/ws/a?b=1", ["X-Consumer-Id: root"]));
  await client.until((each) => each.includes("\r\n\r\n"));
  expect(client.received.toString()).toMatch(/^HTTP\/1\.1 101 /);
  expect(client.received.toString().toLowerCase()).toContain(
    `sec-websocket-accept: ${accept.toLowerCase()}`,
  );
  const [tunnel] = service.sockets2;
  expect(tunnel!.request.url).toBe("/ws/a?b=1");
  expect(tunnel!.request.headers).not.toHaveProperty("x-consumer-id");
  expect(tunnel!.request.headers["x-forwarded-for"]).toBe("127.0.0.1");
  client.socket.write("up");
  const [up] = (await once(tunnel!.socket, "data")) as [Buffer];
  expect(up.toString()).toBe("up");
  tunnel!.socket.write(frame("down"));
  await client.until((each) => each.includes("down"));
  const ended = once(tunnel!.socket.resume(), "end");
  client.socket.destroy();
  await ended;
});

test.for([
  ["without credentials", "/closed", [], 401, "CREDENTIALS_MISSING"],
  ["on an HTTP route", "/http", [], 400, "UPGRADE_REFUSED"],
  ["on no route", "/none", [], 404, "ROUTE_NOT_FOUND"],
  ["from a foreign origin", "/cors", ["Origin: https://evil.example"], 403, "CORS_REFUSED"],
  ["on a tricky path", "/ws/../http", [], 400, "PATH_REFUSED"],
] as const)("GW1: an upgrade %s is refused", async ([, path, headers, status, code]) => {
  await using service = await upgrading();
  const cors = {
    origins: ["https://shop.example"],
    methods: [],
    headers: [],
    exposedHeaders: [],
    credentials: true,
    maxAgeMs: 0,
  };
  const plan = gatewayPlan([
    ws,
    routePlan({
      path: "/closed",
      protocol: "websocket",
      access: { schemes: ["apiKey"], roles: [], scopes: [] },
    }),
    routePlan({ path: "/cors", protocol: "websocket", cors }),
    routePlan({ path: "/http" }),
  ]);
  await using gateway = await openTestGateway(plan, { service: service.url });
  const answer = firstAnswer(await exchangeRaw(gateway.port, handshake(path, headers)));
  expect([answer.status, answer.code]).toEqual([status, code]);
  expect(service.sockets2).toEqual([]);
});

test("GW1: malformed handshakes, plain requests and the service's own refusal", async () => {
  await using service = await upgrading();
  await using gateway = await openTestGateway(gatewayPlan([ws]), { service: service.url });
  const version = handshake("/ws/a").replace("Version: 13", "Version: 8");
  expect(await exchangeRaw(gateway.port, version)).toMatch(
    /^HTTP\/1\.1 400 [^]*sec-websocket-version: 13/,
  );
  const badKey = handshake("/ws/a").replace(key, "short");
  expect(firstAnswer(await exchangeRaw(gateway.port, badKey)).code).toBe("UPGRADE_REFUSED");
  const plain = await fetch(`${gateway.url}/ws/a`);
  expect([plain.status, plain.headers.get("upgrade")]).toEqual([426, "websocket"]);
  await plain.text();
  expect(await exchangeRaw(gateway.port, handshake("/ws/refused"))).toMatch(
    /^HTTP\/1\.1 418 [^]*no/,
  );
});

test("GW2: one more than may be open is refused", async () => {
  await using service = await upgrading();
  await using gateway = await openTestGateway(gatewayPlan([ws], { maxConnections: 2 }), {
    service: service.url,
  });
  const first = new Client(gateway.port, handshake("/ws/a"));
  await first.until((each) => each.includes("101"));
  const second = firstAnswer(await exchangeRaw(gateway.port, handshake("/ws/b")));
  expect([second.status, second.code]).toEqual([503, "WEBSOCKETS_EXHAUSTED"]);
  first.socket.destroy();
});

test("GW3: a silent tunnel is closed", async () => {
  await using service = await upgrading();
  await using gateway = await openTestGateway(gatewayPlan([{ ...ws, timeoutMs: 60 }]), {
    service: service.url,
  });
  const client = new Client(gateway.port, handshake("/ws/a"));
  await once(client.socket, "close");
  expect(client.received.toString()).toMatch(/^HTTP\/1\.1 101/);
});

test("GW4, GD5: a gateway that stops says 1001, between frames only", async () => {
  await using service = await upgrading();
  await using gateway = await openTestGateway(gatewayPlan([ws]), { service: service.url });
  const client = new Client(gateway.port, handshake("/ws/a"));
  await client.until((each) => each.includes("\r\n\r\n"));
  const [tunnel] = service.sockets2;
  const long = frame("x".repeat(1_000));
  tunnel!.socket.write(long.subarray(0, 500));
  await client.until((each) => each.toString("latin1").endsWith("x".repeat(490)));
  const drained = gateway.drain({ keepServingMs: 0, graceMs: 5_000 });
  const [close] = (await once(tunnel!.socket, "data")) as [Buffer];
  expect([close[0], close[1], close.length]).toEqual([0x88, 0x82, 8]);
  tunnel!.socket.write(Buffer.concat([long.subarray(500), frame("late")]));
  await client.until((each) => each.includes(goingAwayFrame(undefined)));
  const text = client.received.toString("latin1");
  expect(text.endsWith(`${"x".repeat(1_000)}${goingAwayFrame(undefined).toString("latin1")}`)).toBe(
    true,
  );
  client.socket.end();
  await drained;
});

test("GW4: boundaries are found in any stream of frames, however it is cut", () => {
  const frames = fc.array(
    fc.record({
      length: fc.oneof(fc.nat(130), fc.integer({ min: 65_530, max: 65_540 })),
      masked: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(frames, fc.array(fc.nat(70_000), { maxLength: 8 }), (wanted, cuts) => {
      const built = wanted.map(({ length, masked }) => {
        const size =
          length < 126
            ? [length]
            : length < 65_536
              ? [126, length >> 8, length & 255]
              : [127, 0, 0, 0, 0, 0, 1, (length >> 8) & 255, length & 255];
        if (masked) size[0] = (size[0] ?? 0) | 0x80;
        return Buffer.concat([
          Buffer.from([0x82, ...size]),
          Buffer.alloc(length + (masked ? 4 : 0), 0x88),
        ]);
      });
      const bytes = Buffer.concat(built);
      const ends = built.map((_, i) =>
        built.slice(0, i + 1).reduce((sum, each) => sum + each.length, 0),
      );
      const boundary = new FrameBoundary();
      let at = 0;
      for (const cut of [
        ...cuts.map((each) => each % bytes.length).sort((a, b) => a - b),
        bytes.length,
      ]) {
        const found = boundary.push(bytes.subarray(at, cut));
        const next = ends.find((each) => each > at && each <= cut);
        expect(found).toBe(next === undefined ? -1 : next - at);
        at = Math.max(at, cut);
        expect(boundary.isBetween).toBe(at === 0 || ends.includes(at));
      }
    }),
    { numRuns: 200 },
  );
});
