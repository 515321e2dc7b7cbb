/**
 * How a replica, and a number of replicas, is typed: `orders/1`, `orders=3`.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

export interface ReplicaTarget {
  readonly part: string;
  readonly replica?: number;
}

/** `orders` is the whole part, `orders/1` its replica with ordinal 1. */
export function parseReplica(text: string): ReplicaTarget {
  const match = /^([a-z][a-z0-9-]*)(?:\/(\d+))?$/.exec(text);
  const [, part, ordinal] = match ?? [];
  if (part === undefined) {
    throw new UsageError(`"${text}" names no part`, ["A part is `orders`, a replica `orders/1`."]);
  }
  return ordinal === undefined ? { part } : { part, replica: Number(ordinal) };
}

const replicasMax = 100;

/** `["orders=3", "users=2"]` as a map; the same part twice is refused. */
export function parseReplicaCounts(texts: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const text of texts) {
    const match = /^([a-z][a-z0-9-]*)=(\d{1,4})$/.exec(text);
    const [, part, digits] = match ?? [];
    const count = Number(digits);
    if (part === undefined || count > replicasMax) {
      throw new UsageError(`"${text}" is not part=count`, [
        `Type for example \`orders=3\`; the count is 0 to ${replicasMax}.`,
      ]);
    }
    if (part in counts) throw new UsageError(`"${part}" is given twice`);
    counts[part] = count;
  }
  return counts;
}
