/**
 * Goal: bytes that a browser would never send are refused with a code, and none reaches the service
 * twice or changed. Method: raw sockets.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  echo,
  exchangeRaw,
  firstAnswer,
  gatewayPlan,
  type Opened,
  openTestGateway,
  routePlan,
  Service,
} from "./fixture.ts";

let service: Service;
let gateway: Opened;

beforeAll(async () => {
  service = await Service.open(echo);
  gateway = await openTestGateway(
    gatewayPlan([routePlan({ path: "/*", bodyBytesMax: 100 })], {
      headerBytesMax: 4_096,
      headerTimeoutMs: 200,
    }),
    { service: service.url },
  );
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const head = "Host: a\r\nConnection: close\r\n";

test.for([
  ["obs-fold", `GET / HTTP/1.1\r\n${head}X: a\r\n b\r\n\r\n`, 400],
  ["space before colon", `GET / HTTP/1.1\r\n${head}X : a\r\n\r\n`, 400],
  ["invalid name", `GET / HTTP/1.1\r\n${head}X(a): a\r\n\r\n`, 400],
  ["NUL in value", `GET / HTTP/1.1\r\n${head}X: a\u0000b\r\n\r\n`, 400],
  ["bare CR in value", `GET / HTTP/1.1\r\n${head}X: a\rb\r\n\r\n`, 400],
  ["bare LF line end", `GET / HTTP/1.1\nHost: a\nConnection: close\n\n`, 400],
  ["no host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
  ["two hosts", `GET / HTTP/1.1\r\n${head}Host: b\r\n\r\n`, 400],
  ["odd host", "GET / HTTP/1.1\r\nHost: a/b@c\r\nConnection: close\r\n\r\n", 400],
  [
    "CL and TE",
    `POST / HTTP/1.1\r\n${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    "TE then CL",
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    "two lengths",
    `POST / HTTP/1.1\r\n${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    400,
  ],
  [
    "two equal lengths",
    `POST / HTTP/1.1\r\n${head}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
    400,
  ],
  ["negative length", `POST / HTTP/1.1\r\n${head}Content-Length: -3\r\n\r\nabc`, 400],
  [
    "two codings",
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    "chunked not last",
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    "coding with tab",
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  [
    "broken chunk size",
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
    400,
  ],
  ["absolute form", `GET http://evil/ HTTP/1.1\r\n${head}\r\n`, 400],
  ["asterisk", `OPTIONS * HTTP/1.1\r\n${head}\r\n`, 400],
  ["dot segment", `GET /a/../admin HTTP/1.1\r\n${head}\r\n`, 400],
  ["encoded dots", `GET /a/%2e%2e/admin HTTP/1.1\r\n${head}\r\n`, 400],
  ["encoded slash", `GET /a%2Fb HTTP/1.1\r\n${head}\r\n`, 400],
  ["two slashes", `GET //admin HTTP/1.1\r\n${head}\r\n`, 400],
  ["raw UTF-8 in target", `GET /\u00e9 HTTP/1.1\r\n${head}\r\n`, 400],
  ["headers too large", `GET / HTTP/1.1\r\n${head}X: ${"a".repeat(5_000)}\r\n\r\n`, 431],
  ["too many headers", `GET / HTTP/1.1\r\n${head}${"a: b\r\n".repeat(120)}\r\n`, 431],
  ["CONNECT", `CONNECT evil:443 HTTP/1.1\r\n${head}\r\n`, 405],
  ["TRACE", `TRACE / HTTP/1.1\r\n${head}\r\n`, 405],
  ["unknown method", `FROB / HTTP/1.1\r\n${head}\r\n`, 400],
  ["HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["not HTTP", "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", 400],
  ["long body announced", `POST / HTTP/1.1\r\n${head}Content-Length: 101\r\n\r\n`, 413],
  [
    "long body streamed",
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nff\r\n${"a".repeat(255)}\r\n0\r\n\r\n`,
    413,
  ],
  [
    "unknown expectation",
    `POST / HTTP/1.1\r\n${head}Expect: magic\r\nContent-Length: 0\r\n\r\n`,
    400,
  ],
] as const)("GH3, GP2, GB10: %s", async ([, bytes, status]) => {
  const before = service.requests;
  const answer = firstAnswer(await exchangeRaw(gateway.port, bytes));
  expect(answer.status, answer.text).toBe(status);
  if (status !== 405) expect(answer.code).toBeDefined();
  // A body streamed to its limit has begun to reach the service; nothing else has.
  if (!bytes.includes("\r\nff\r\n")) expect(service.requests).toBe(before);
});

test("GD6: headers that never end are answered 408 and closed", async () => {
  const answer = firstAnswer(await exchangeRaw(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nX: "));
  expect([answer.status, answer.code]).toEqual([408, "REQUEST_TIMEOUT"]);
});

test("GH3: a request hidden behind another's body is not taken apart differently", async () => {
  const before = service.requests;
  const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  const bytes = `POST / HTTP/1.1\r\n${head}Content-Length: ${hidden.length}\r\n\r\n${hidden}`;
  const text = await exchangeRaw(gateway.port, bytes);
  expect(firstAnswer(text).status).toBe(200);
  expect(service.requests).toBe(before + 1);
  expect(text).not.toContain('"url":"/hidden"');
});

test("GE3: 100-continue is given only to a body that is wanted", async () => {
  const wanted = `POST / HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`;
  expect(await exchangeRaw(gateway.port, wanted)).toMatch(
    /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/,
  );
  const unwanted = `POST / HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 500\r\n\r\n`;
  expect(await exchangeRaw(gateway.port, unwanted)).toMatch(/^HTTP\/1\.1 413/);
});
