/**
 * `node:http` without its WebSocket.
 *
 * An ES import of `node:http` reads every export, `WebSocket` among them, and reading that one
 * loads the whole HTTP client that is built into Node: 34 ms of CPU time and 3.7 MB for nothing.
 * Taking the module as an object reads only what is used. Measured with Node 24.21.
 *
 * @module
 */
import type * as Http from "node:http";

/** The functions of `node:http`. Types are imported from "node:http" as usual. */
export const nodeHttp: typeof Http = process.getBuiltinModule("node:http");
