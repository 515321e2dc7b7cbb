/**
 * Durations, sizes and CPU shares as people write them, turned into numbers once.
 *
 * @module
 */
import { CodedError } from "./error.ts";

/** For example `250ms`, `30s`, `5m`, `2h`, `7d`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;
/** For example `64Ki`, `512Mi`, `100Gi`; powers of 1024. A bare number is bytes. */
export type Size = `${number}${"" | "Ki" | "Mi" | "Gi" | "Ti"}`;
/** For example `250m` (a quarter of a core) or `2` (two cores). */
export type Cpu = `${number}${"" | "m"}`;

/** Thrown for text that is not a duration, a size or a CPU share. Names the text and the shape. */
export class QuantityError extends CodedError<
  "QUANTITY_INVALID",
  { readonly text: string; readonly expected: string }
> {
  constructor(text: string, expected: string) {
    super("QUANTITY_INVALID", `"${text}" is not ${expected}`, { text, expected });
  }
}

const msByUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const bytesByUnit: Readonly<Record<string, number>> = {
  "": 1,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};
const millicoresByUnit: Readonly<Record<string, number>> = { "": 1_000, m: 1 };

/** @throws {QuantityError} */
export function parseDurationMs(text: string): number {
  return parse(text, /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/, msByUnit, 'a duration such as "30s"');
}

/** @throws {QuantityError} */
export function parseSizeBytes(text: string): number {
  return parse(text, /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|)$/, bytesByUnit, 'a size such as "512Mi"');
}

/** @throws {QuantityError} */
export function parseCpuMillicores(text: string): number {
  return parse(text, /^(\d+(?:\.\d+)?)(m|)$/, millicoresByUnit, 'a CPU share such as "250m"');
}

function parse(
  text: string,
  pattern: RegExp,
  scale: Readonly<Record<string, number>>,
  expected: string,
): number {
  const match = pattern.exec(text);
  const unit = scale[match?.[2] ?? "?"];
  if (match === null || unit === undefined) throw new QuantityError(text, expected);
  return Math.round(Number(match[1]) * unit);
}
