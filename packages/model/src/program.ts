/**
 * What a part runs: a Node entry, a command, or an image alone.
 *
 * @module
 */

/** A TypeScript or JavaScript entry run by Node. Runs on one machine and in a cluster. */
export interface NodeProgram {
  readonly runtime: "node";
  readonly entry: string;
  readonly args?: readonly string[];
  readonly image?: string;
}

/** Any executable. Runs on one machine and in a cluster. */
export interface CommandProgram {
  readonly runtime: "command";
  readonly command: readonly string[];
  readonly image?: string;
}

/** A container image that this project does not build. Runs only in a cluster. */
export interface ImageProgram {
  readonly runtime: "image";
  readonly image: string;
  readonly args?: readonly string[];
}

export type Program = NodeProgram | CommandProgram | ImageProgram;

interface BuiltImage {
  /** Image of the cluster, with a tag or digest. Default `<registry>/<system>/<part>:<version>`. */
  readonly image?: string;
}

/**
 * Runs `entry` with Node: `./users/main.ts` relative to the definition's file, or the name of an
 * installed package such as `@ashlar/gateway-app`.
 */
export function node(
  entry: string,
  options: BuiltImage & {
    /** Arguments after the entry. Default: none. */
    readonly args?: readonly string[];
  } = {},
): NodeProgram {
  return { runtime: "node", entry, ...options };
}

/** Runs an executable with its arguments; no shell takes part. */
export function command(line: readonly string[], options: BuiltImage = {}): CommandProgram {
  return { runtime: "command", command: line, ...options };
}

/** Runs an image by reference, which must name a tag other than `latest`, or a digest. */
export function image(
  reference: string,
  options: {
    /** Arguments for the image's entry point. Default: the image's own. */
    readonly args?: readonly string[];
  } = {},
): ImageProgram {
  return { runtime: "image", image: reference, ...options };
}
