/**
 * What is backed up, how often, how long it is kept, and what a loss may cost.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";

export interface Backup {
  readonly type: "backup";
  readonly schedule: string;
}

/** An explicit decision against a backup, with its reason. */
export interface NoBackup {
  readonly type: "noBackup";
  readonly reason: string;
}

export interface BackupOptions {
  /** Daily backups kept. Default 30. */
  readonly keepDays?: number;
  /** Weekly backups kept. Default 12. */
  readonly keepWeeks?: number;
  /** Monthly backups kept. Default 12. */
  readonly keepMonths?: number;
  /** The most that may be lost. Default: the longest time between two backups. */
  readonly recoveryPoint?: Duration;
  /** The longest that a restore may take. Default `"4h"`. */
  readonly recoveryTime?: Duration;
}

/** Every day at `at` (`"HH:MM"`, UTC). Default 02:00. */
export function daily(options: BackupOptions & { readonly at?: string } = {}): Backup {
  const { at = "02:00", ...rest } = options;
  const [hour, minute] = at.split(":");
  return scheduled(`${trimZeros(minute ?? "")} ${trimZeros(hour ?? "")} * * *`, rest);
}

/** Every `hours` hours on the hour; a divisor of 24. */
export function everyHours(hours: 1 | 2 | 3 | 4 | 6 | 8 | 12, options: BackupOptions = {}): Backup {
  return scheduled(hours === 1 ? "0 * * * *" : `0 */${hours} * * *`, options);
}

/** By a five-field cron expression, UTC. */
export function scheduled(schedule: string, options: BackupOptions = {}): Backup {
  const backup = { type: "backup", schedule, ...options } as const;
  return backup;
}

/** No backup, and why none is needed: `none("rebuilt from the chain")`. */
export function none(reason: string): NoBackup {
  return { type: "noBackup", reason };
}

function trimZeros(text: string): string {
  return text.replace(/^0+(?=\d)/, "");
}
