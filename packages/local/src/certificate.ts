/**
 * A self-signed X.509 certificate for local TLS. Node reads certificates but makes none, and the
 * little DER that one needs is less than a dependency.
 *
 * ECDSA on P-256 with SHA-256; the names are DNS names or IP addresses. It is its own authority: a
 * client that is to trust it takes the certificate itself as `ca`.
 *
 * Source: RFC 5280, sections 4.1 and 4.2.
 * @module
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { isoTime } from "./iso-time.ts";

export interface CertificateRequest {
  /** At least one; the first is also the common name. */
  readonly names: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Both in PEM; the key in PKCS #8. */
export interface CertificateWithKey {
  readonly certificate: string;
  readonly key: string;
}

export function selfSignedCertificate(request: CertificateRequest): CertificateWithKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
  const name = sequence(
    set(sequence(oid("2.5.4.3"), tagged(0x0c, Buffer.from(request.names[0] ?? "localhost")))),
  );
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // Positive, and never shorter than it looks.
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))), // version 3
    tagged(0x02, serial),
    algorithm,
    name,
    sequence(time(request.notBeforeMs), time(request.notAfterMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions(request.names))),
  );
  const signature = sign("sha256", body, privateKey);
  return {
    certificate: pem("CERTIFICATE", sequence(body, algorithm, bitString(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function extensions(names: readonly string[]): readonly Buffer[] {
  const alternatives = names.map((name) => {
    if (isIPv4(name)) return tagged(0x87, Buffer.from(name.split(".").map(Number)));
    if (isIPv6(name)) return tagged(0x87, ipv6Bytes(name));
    return tagged(0x82, Buffer.from(name, "ascii"));
  });
  const yes = tagged(0x01, Buffer.from([0xff]));
  const octets = (value: Buffer): Buffer => tagged(0x04, value);
  return [
    sequence(oid("2.5.29.19"), yes, octets(sequence(yes))), // basicConstraints: it is an authority
    sequence(oid("2.5.29.17"), octets(sequence(...alternatives))), // subjectAltName
    // extKeyUsage: serverAuth, clientAuth
    sequence(
      oid("2.5.29.37"),
      octets(sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"))),
    ),
  ];
}

function ipv6Bytes(text: string): Buffer {
  const [head = "", tail] = text.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const middle = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const bytes = Buffer.alloc(16);
  for (const [i, group] of [...before, ...middle, ...after].entries()) {
    bytes.writeUInt16BE(group, i * 2);
  }
  return bytes;
}

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthBytes(content.length), content]);
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}

function sequence(...members: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(members));
}

function set(...members: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(members));
}

function bitString(content: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) digits.unshift((high & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** UTCTime, as RFC 5280 wants it for years before 2050: `YYMMDDHHMMSSZ`. */
function time(wallMs: number): Buffer {
  const digits = isoTime(wallMs).replace(/[-:T]/g, "").slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`, "ascii"));
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
