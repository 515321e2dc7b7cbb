/**
 * The error of a connection that the network policy refuses. Apart from the room's other errors, for
 * the guard that throws it is loaded into every part and imports nothing of the project.
 *
 * @module
 */

/**
 * Given to the socket (its `error` event) when a part opens a connection that its `uses` do not
 * declare. Never worth a retry: add the use that the message names to the definition.
 */
export class NetworkPolicyDeniedError extends Error {
  readonly code = "NETWORK_POLICY_DENIED";
  readonly syscall: "connect" | "send" = "connect";
  readonly address: string;
  readonly port: number | undefined;

  constructor(message: string, address: string, port: number | undefined) {
    super(message);
    this.name = "NetworkPolicyDeniedError";
    this.address = address;
    this.port = port;
  }
}
