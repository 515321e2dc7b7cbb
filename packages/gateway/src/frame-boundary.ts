/**
 * Follows a stream of WebSocket frames just closely enough to know where one ends, so that a frame of
 * the gateway's own can be put between two of theirs.
 *
 * Source: RFC 6455 section 5.2.
 *
 * @module
 */
export class FrameBoundary {
  #header: number[] = [];
  /** Bytes of the present frame that are still to come; undefined while its header is incomplete. */
  #left: bigint | undefined;

  /** True between two frames. */
  get isBetween(): boolean {
    return this.#header.length === 0;
  }

  /** Reads on; returns the index after the first frame that ends in `bytes`, or -1. */
  push(bytes: Uint8Array): number {
    let first = -1;
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === undefined) {
        this.#header.push(bytes[at] as number);
        at += 1;
        this.#left = payloadLength(this.#header);
      } else {
        const rest = BigInt(bytes.length - at);
        const taken = rest < this.#left ? rest : this.#left;
        this.#left -= taken;
        at += Number(taken);
      }
      if (this.#left === 0n) {
        this.#left = undefined;
        this.#header = [];
        if (first < 0) first = at;
      }
    }
    return first;
  }
}

/** Payload length once the whole header, with its mask, has been read. */
function payloadLength(header: readonly number[]): bigint | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const mask = (second & 0x80) === 0 ? 0 : 4;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (header.length < 2 + extended + mask) return undefined;
  if (extended === 0) return BigInt(short);
  return header.slice(2, 2 + extended).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** A close frame: code 1001, "going away". Masked when sent to a server. */
export function goingAwayFrame(mask: Uint8Array | undefined): Buffer {
  const payload = Buffer.from([0x03, 0xe9]);
  if (mask === undefined) return Buffer.concat([Buffer.from([0x88, 2]), payload]);
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] as number));
  return Buffer.concat([Buffer.from([0x88, 0x82]), mask, masked]);
}
