/**
 * What the command line's exit code tells the program that called it.
 *
 * @module
 */

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  definitionInvalid: 3,
  notRunning: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One line a code, for the help text and the reference. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.ok, "done"],
  [exitCodes.failed, "it failed; the message says what and what to do"],
  [exitCodes.usage, "the command was typed wrong"],
  [exitCodes.definitionInvalid, "the system's definition cannot be loaded or has faults"],
  [exitCodes.notRunning, "the system is not running"],
  [exitCodes.interrupted, "stopped by Ctrl-C"],
];
