/**
 * Reads the protobuf wire format: just enough for an OTLP export, which has no groups and no packed
 * fields that we need. Unknown fields are passed over, as the format wants.
 *
 * - CN10  Reading stays within the given bytes and ends for every input; a broken one throws
 *         {@link OtlpInvalidError} and nothing else.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 * @module
 */
import { OtlpInvalidError } from "../errors.ts";

/** One field: a number (varint, fixed) or bytes (length-delimited). */
export interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/** The fields of one message in the order in which they stand. */
export function* fieldsOf(bytes: Uint8Array): Generator<Field, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const need = (count: number): void => {
    if (count < 0 || at + count > bytes.length) throw new OtlpInvalidError("truncated protobuf");
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      need(1);
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new OtlpInvalidError("a varint of more than ten bytes");
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        need(8);
        yield { number, value: view.getBigUint64(at, true) };
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        need(length);
        yield { number, value: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        need(4);
        yield { number, value: BigInt(view.getUint32(at, true)) };
        at += 4;
        break;
      default:
        throw new OtlpInvalidError(`wire type ${tag & 7}`);
    }
  }
}

export function bytesIn(field: Field): Uint8Array {
  if (typeof field.value === "bigint") throw new OtlpInvalidError("a number where bytes belong");
  return field.value;
}

export function numberIn(field: Field): bigint {
  if (typeof field.value !== "bigint") throw new OtlpInvalidError("bytes where a number belongs");
  return field.value;
}

const utf8 = new TextDecoder("utf-8");

export function textIn(field: Field): string {
  return utf8.decode(bytesIn(field));
}

export function hexIn(field: Field): string {
  const bytes = bytesIn(field);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
