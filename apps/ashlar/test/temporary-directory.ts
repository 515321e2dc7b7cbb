/**
 * A directory that is gone after the test, with the files that the test asks for.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** `files` maps relative paths to contents. */
export function temporaryDirectory(
  files: Readonly<Record<string, string>> = {},
): TemporaryDirectory {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-cli-")));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return {
    path,
    [Symbol.asyncDispose]: () => {
      rmSync(path, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}
