import fc from "fast-check";
import { expect, test } from "vitest";
import { ClientAddresses } from "../src/client-address.ts";
import { isProblem } from "../src/problem.ts";
import { type RequestHeaders, readRequestHeaders } from "../src/request-headers.ts";
import { passResponseHeaders } from "../src/response-headers.ts";

function read(...raw: string[]): RequestHeaders {
  const headers = readRequestHeaders(raw);
  if (isProblem(headers)) throw new TypeError(headers.detail);
  return headers;
}

const names = (headers: readonly string[]): string[] =>
  headers.filter((_, i) => i % 2 === 0).map((each) => each.toLowerCase());

test("GH1: hop-by-hop headers and those that Connection names stay here", () => {
  const { forward } = read(
    "Host",
    "a",
    "Connection",
    "keep-alive, X-Secret-Hop",
    "Keep-Alive",
    "timeout=5",
    "TE",
    "trailers",
    "X-Secret-Hop",
    "1",
    "Proxy-Authorization",
    "Basic x",
    "Upgrade",
    "h2c",
    "Accept",
    "*/*",
  );
  expect(forward).toEqual(["accept", "*/*"]);
});

test("GH2: what the gateway asserts never comes from a client, in any spelling", () => {
  const asserted = fc.constantFrom(
    "x-consumer-id",
    "x-consumer-roles",
    "x-consumer-anything",
    "x-forwarded-for",
    "x-forwarded-user",
    "forwarded",
    "x-real-ip",
    "x-request-deadline-ms",
  );
  const spelled = asserted.chain((name) =>
    fc
      .array(fc.tuple(fc.boolean(), fc.boolean()), {
        minLength: name.length,
        maxLength: name.length,
      })
      .map((choices) =>
        Array.from(name)
          .map((letter, i) => {
            const [upper, underscore] = choices[i] ?? [false, false];
            if (letter === "-" && underscore) return "_";
            return upper ? letter.toUpperCase() : letter;
          })
          .join(""),
      ),
  );
  fc.assert(
    fc.property(fc.array(spelled, { minLength: 1, maxLength: 5 }), (spellings) => {
      const raw = spellings.flatMap((each) => [each, "forged"]);
      const { forward } = read("host", "a", ...raw, "accept", "x");
      expect(forward).toEqual(["accept", "x"]);
    }),
  );
});

test.for([
  [["Host", "a", "Host", "b"]],
  [["Host", "a", "Authorization", "x", "authorization", "y"]],
  [["Host", "a", "Content-Length", "1", "Content-Length", "1"]],
  [["Host", "a", "Content-Length", "1, 1"]],
  [["Host", "a", "Content-Length", "+1"]],
  [["Host", "a", "Content-Length", "0x1"]],
  [["Host", "a", "Content-Length", "1", "Transfer-Encoding", "chunked"]],
  [["Host", "a", "Transfer-Encoding", "gzip, chunked"]],
  [["Host", "a", "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"]],
  [["Host", "a", "Transfer-Encoding", "xchunked"]],
  [["Host", "a", "Expect", "200-maybe"]],
  [["Host", "a", "X", "a\u0000b"]],
  [["Host", "a", "X", "a\r\nb: c"]],
])("GH3: %j is refused", ([raw]) => {
  expect(readRequestHeaders(raw ?? [])).toMatchObject({ code: "HEADER_REFUSED", close: true });
});

test("GH3: more than a hundred header lines are refused", () => {
  const raw = Array.from({ length: 101 }, (_, i) => [`x-${i}`, "1"]).flat();
  expect(readRequestHeaders(raw)).toMatchObject({ code: "HEADERS_TOO_LARGE" });
});

test("GH4: the address is the right-most that no trusted proxy has", () => {
  const addresses = new ClientAddresses(["10.0.0.0/8", "fd00::/8"]);
  const headers = read(
    "host",
    "inside",
    "x-forwarded-for",
    "1.1.1.1, 203.0.113.9, 10.1.1.1",
    "x-forwarded-proto",
    "https",
    "x-forwarded-host",
    "shop.example",
  );
  expect(addresses.resolve({ ip: "::ffff:10.0.0.2", encrypted: false }, headers)).toEqual({
    ip: "203.0.113.9",
    proto: "https",
    host: "shop.example",
    forwardedFor: "1.1.1.1, 203.0.113.9, 10.1.1.1, 10.0.0.2",
  });
  expect(addresses.resolve({ ip: "198.51.100.1", encrypted: false }, headers)).toEqual({
    ip: "198.51.100.1",
    proto: "http",
    host: "inside",
    forwardedFor: "198.51.100.1",
  });
  expect(() => new ClientAddresses(["10.0.0.0/40"])).toThrow("not a CIDR range");
});

test("GH1: a response loses its hop-by-hop headers and keeps its cookies apart", () => {
  const rules = { changes: { set: { server: "edge" }, remove: ["x-powered-by"] }, ownsCors: true };
  const passed = passResponseHeaders(
    {
      connection: "close, x-hop",
      "x-hop": "1",
      "keep-alive": "timeout=5",
      "transfer-encoding": "chunked",
      "set-cookie": ["a=1", "b=2"],
      server: "inner",
      "x-powered-by": "php",
      "access-control-allow-origin": "*",
      "content-type": "text/plain",
    },
    rules,
  );
  expect(names(passed)).toEqual(["set-cookie", "set-cookie", "content-type", "server"]);
  expect(passed.at(-1)).toBe("edge");
});
