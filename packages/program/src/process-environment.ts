/**
 * What a program was started with, read once.
 *
 * @module
 */

export interface ProcessEnvironment {
  /** A frozen copy of the environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly directory: string;
}

/** Reads the process environment. Later changes to it are not seen. */
export function processEnvironment(): ProcessEnvironment {
  return { variables: Object.freeze({ ...process.env }), directory: process.cwd() };
}
