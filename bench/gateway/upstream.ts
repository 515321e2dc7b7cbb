/**
 * The service of the gateway benchmark, and at the same time its baseline: bare `node:http` with a
 * small JSON answer, and the key set that the gateway verifies tokens with.
 *
 * @module
 */
import { createServer } from "node:http";

const body = JSON.stringify({ id: 7, name: "Ada Lovelace", roles: ["reader"], active: true });
const keySet = process.env["KEY_SET"] ?? '{"keys":[]}';

const server = createServer((request, response) => {
  const text = request.url === "/jwks.json" ? keySet : body;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => process.send?.("ready"));
