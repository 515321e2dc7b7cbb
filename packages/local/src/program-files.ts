/**
 * Port: which file to run for a program. It lets a caller prepare programs so that they start faster.
 *
 * @module
 */

export interface ProgramFiles {
  /**
   * The file to run instead of `entry`, which it must behave exactly like: asked for at every start,
   * so that a changed source is seen. Never rejects; gives `entry` where it has nothing better.
   */
  fileOf(part: string, entry: string): Promise<string>;
}

/** Told of all Node programs before the first is started. Absolute paths, by part. */
export type PrepareProgramFiles = (entries: Readonly<Record<string, string>>) => ProgramFiles;
