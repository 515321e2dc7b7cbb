/**
 * Completes the lockfile with the optional packages of other platforms.
 *
 * `npm install` leaves out an optional package that its registry does not offer, and `npm ci` then
 * refuses the lockfile. An entry without an integrity is enough: npm skips it where platform or
 * processor differ, and fetches it where they fit. Run it after every `npm install`.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./src/workspace.ts";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const systems = "aix android darwin freebsd linux netbsd openbsd openharmony sunos win32".split(
  " ",
);
const processors = "arm64 arm ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64".split(" ");

const path = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockedPackage> };
let added = 0;
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (Object.keys(lock.packages).some((each) => each.endsWith(key))) continue;
    lock.packages[key] = { version, ...platformOf(name), dev: owner.dev ?? false, optional: true };
    added++;
  }
}
const entries = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(
  path,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`,
);
console.log(added === 0 ? "the lockfile is complete" : `added ${added} packages`);

/** From the package's name: `@x/cli-linux-arm64-musl`. */
function platformOf(name: string): LockedPackage {
  const words = name.split(/[-/]/);
  const os = systems.filter((each) => words.includes(each) || words.includes(`${each}eabi`));
  const cpu = processors.filter((each) => words.includes(each));
  const libc = words.some((each) => each.startsWith("musl")) ? ["musl"] : [];
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 ? { libc } : {}),
  };
}
