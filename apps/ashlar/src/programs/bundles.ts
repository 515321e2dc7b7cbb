/**
 * Joins each Node program of a system into a few files before it is started.
 *
 * A service on the kit imports about a thousand modules; finding, reading and stripping them costs
 * most of its start. One pass over all programs of a system shares what they share.
 *
 * - BU1  What runs is what the sources say: bundles are used only while every file that went into them
 *        has the time and the size that it had.
 * - BU2  A bundle is never required: where one cannot be made, the sources run as they are.
 * - BU3  A module sees its own `import.meta.url`, so files beside it are found.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Clock, describeError, type Log } from "@ashlar/foundation";
import type { ProgramFiles } from "@ashlar/local";
import type { Metafile, Plugin } from "esbuild";

export interface BundlesOptions {
  /** Absolute paths of the programs, by the part that runs each. */
  readonly entries: Readonly<Record<string, string>>;
  /** Absolute; bundles are kept under the nearest `node_modules/.cache` at or above it. */
  readonly projectDir: string;
  /** Where to keep them when there is no such place that can be written. */
  readonly fallbackDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What went into the bundles, each with its time and size: `path → "mtimeMs:size"`. */
type Stamps = Readonly<Record<string, string>>;

interface Manifest {
  readonly inputs: Stamps;
  /** Absolute path of the bundle, by part. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Parts that start within this time of each other share one look at the sources. */
const lookMs = 500;

/** Begins to make them at once; {@link ProgramFiles.fileOf} waits for what it needs. */
export function openBundles(options: BundlesOptions): ProgramFiles {
  const { clock, log } = options;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let current: Promise<Manifest | undefined> = Promise.resolve(undefined);
  const look = (): Promise<Manifest | undefined> => {
    if (clock.monotonicMs() - lookedAtMs < lookMs) return current;
    lookedAtMs = clock.monotonicMs();
    const make = (): Promise<Manifest> => makeBundles(options);
    current = current.then(make).catch((error: unknown) => {
      log.warn("programs run from their sources", { reason: describeError(error) });
      return undefined;
    });
    return current;
  };
  void look();
  return { fileOf: async (part, entry) => (await look())?.outputs[part] ?? entry };
}

async function makeBundles(options: BundlesOptions): Promise<Manifest> {
  const directory = join(cacheDirectory(options), keyOf(options));
  const manifestPath = join(directory, "manifest.json");
  const kept = await readManifest(manifestPath);
  if (kept !== undefined && isFresh(kept.inputs)) return kept;
  const { build, stop } = await import("esbuild");
  const fresh = join(directory, `${options.clock.wallMs()}-${process.pid}`);
  try {
    const built = await build({
      absWorkingDir: options.projectDir,
      entryPoints: { ...options.entries },
      outdir: fresh,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node24",
      conditions: ["@ashlar/source"],
      external: ["pg-native", "esbuild"],
      sourcemap: "linked",
      sourcesContent: false,
      keepNames: true,
      metafile: true,
      logLevel: "silent",
      banner: { js: requireBanner },
      plugins: [ownUrls, lazyBuiltins, lazyPackages],
    });
    return await keep(options, built.metafile, { directory, fresh, manifestPath });
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  } finally {
    await stop();
  }
}

/** CommonJS packages inside a module still call `require` for Node's own modules. */
const requireBanner = [
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url);",
].join("\n");

/** BU3. Our own sources only: no package that we use looks for files beside itself. */
const ownUrls: Plugin = {
  name: "own-urls",
  setup(build) {
    build.onLoad({ filter: /\.[cm]?ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      if (!text.includes("import.meta.url")) return null;
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: text.replaceAll("import.meta.url", url), loader: "ts" };
    });
  },
};

/**
 * An `import` of `node:http` reads every export of it at once, and one of them brings in the whole
 * built-in fetch: some 75 ms of each process's start. Required, its exports are read when used.
 */
const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup(build) {
    build.onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace: "builtin" } : null,
    );
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: "js",
    }));
  },
};

/**
 * A package that is imported only when needed stays where it is. In a bundle, a CommonJS package
 * would lose its named exports, which Node finds in the package's own file.
 */
const lazyPackages: Plugin = {
  name: "lazy-packages",
  setup(build) {
    build.onResolve(
      { filter: /^[^.]/ },
      async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== "dynamic-import" || pluginData === lazyPackages) return null;
        if (path.startsWith("@ashlar/") || path.startsWith("node:")) return null;
        if (importer.includes("node_modules")) return null; // A package's own affair.
        const found = await build.resolve(path, {
          kind,
          importer,
          resolveDir,
          pluginData: lazyPackages,
        });
        return { path: pathToFileURL(found.path).href, external: true };
      },
    );
  },
};

/**
 * A system that runs may still want a chunk of the bundles that it was started from, so that many
 * earlier ones stay.
 */
const buildsMax = 20;

async function keep(
  options: BundlesOptions,
  metafile: Metafile,
  places: { readonly directory: string; readonly fresh: string; readonly manifestPath: string },
): Promise<Manifest> {
  const { directory, fresh, manifestPath } = places;
  const paths = Object.keys(metafile.inputs)
    .filter((path) => !path.startsWith("builtin:"))
    .map((path) => resolve(options.projectDir, path));
  const manifest: Manifest = {
    inputs: Object.fromEntries(paths.map((path) => [path, stampOf(path)])),
    outputs: Object.fromEntries(
      Object.keys(options.entries).map((part) => [part, join(fresh, `${part}.mjs`)]),
    ),
  };
  await writeFile(`${manifestPath}.${process.pid}`, JSON.stringify(manifest));
  await rename(`${manifestPath}.${process.pid}`, manifestPath);
  await prune(directory);
  return manifest;
}

/** The names of builds begin with the time at which they were made. */
async function prune(directory: string): Promise<void> {
  const builds = (await readdir(directory)).filter((name) => /^\d+-\d+$/.test(name)).sort();
  const old = builds.slice(0, -buildsMax);
  await Promise.all(old.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Manifest;
  } catch {
    return undefined; // None yet, or half of one: both mean that bundles have to be made.
  }
}

function isFresh(inputs: Stamps): boolean {
  return Object.entries(inputs).every(([path, stamp]) => stampOf(path) === stamp);
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "gone" : `${stat.mtimeMs}:${stat.size}`;
}

/** Other programs, or another Node, are other bundles. */
function keyOf({ entries, projectDir }: BundlesOptions): string {
  const sorted = Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([process.version, projectDir, sorted]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function cacheDirectory({ projectDir, fallbackDir }: BundlesOptions): string {
  for (let each = resolve(projectDir); ; each = dirname(each)) {
    if (existsSync(join(each, "node_modules"))) {
      return join(each, "node_modules", ".cache", "ashlar");
    }
    if (dirname(each) === each) return join(fallbackDir, "bundles");
  }
}
