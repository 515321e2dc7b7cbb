/**
 * Disks that a part keeps files on.
 *
 * @module
 */
import type { Size } from "@ashlar/foundation";
import type { Backup, NoBackup } from "./backup.ts";

export interface Volume {
  readonly type: "volume";
  readonly name: string;
}

export interface VolumeOptions {
  /** Absolute directory inside the part: `/var/lib/ledger`. */
  readonly path: `/${string}`;
  /** `"20Gi"`. */
  readonly size: Size;
  /**
   * `replica`: each replica keeps its own, which needs a stateful part. `shared`: one for all, on a
   * class that many machines can mount. `scratch`: gone with the process. Default `replica`.
   */
  readonly scope?: "replica" | "shared" | "scratch";
  /** Default `standard`. */
  readonly storageClass?: string;
  /** Kept when the part is removed. Default `true`, but `false` for scratch. */
  readonly retain?: boolean;
  /** Needed for what is retained; `none("…")` says why there is none. */
  readonly backup?: Backup | NoBackup;
}

/** A disk of a part: `volume("chain", { path: "/data", size: "100Gi", backup: daily() })`. */
export function volume(name: string, options: VolumeOptions): Volume {
  const built = { type: "volume", name, ...options } as const;
  return built;
}
