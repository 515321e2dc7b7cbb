/**
 * Makes the page's script and style from `ui/`.
 *
 * An image carries them ready in `dist/ui`. From sources they are bundled when the console starts,
 * beside its start and not before it, and kept until a source changes.
 *
 * - CN22  Bundling leaves no process behind: esbuild's service ends with it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError } from "@ashlar/foundation";
import { PageBundleError } from "./errors.ts";

export interface PageBundle {
  readonly script: Uint8Array;
  readonly style: Uint8Array;
}

const roomDir = dirname(dirname(fileURLToPath(import.meta.url)));
const sourceDir = join(roomDir, "ui");
const builtDir = join(roomDir, "dist", "ui");

/** Bundles once; every call gets the same result, and a failure is tried again at the next. */
export function lazyPageBundle(cacheDir: string | null): () => Promise<PageBundle> {
  let bundle: Promise<PageBundle> | undefined;
  return () => {
    bundle ??= loadPageBundle(cacheDir).catch((error: unknown) => {
      bundle = undefined;
      throw error;
    });
    return bundle;
  };
}

/** @throws {PageBundleError} */
async function loadPageBundle(cacheDir: string | null): Promise<PageBundle> {
  const isSource = import.meta.url.endsWith(".ts");
  if (!isSource) return await readBundle(builtDir);
  const directory = cacheDir === null ? null : join(cacheDir, await sourceDigest());
  if (directory !== null) {
    const cached = await readBundle(directory).catch(() => undefined);
    if (cached !== undefined) return cached;
  }
  const bundle = await bundlePage();
  // Without a place to keep it (a full disk, say) the page still works.
  if (directory !== null) await writeBundle(directory, bundle).catch(() => undefined);
  return bundle;
}

/** @throws {PageBundleError} with esbuild's own message. */
export async function bundlePage(): Promise<PageBundle> {
  const esbuild = await import("esbuild");
  try {
    const result = await esbuild.build({
      entryPoints: { app: join(sourceDir, "main.tsx") },
      outdir: "out",
      bundle: true,
      write: false,
      minify: true,
      format: "esm",
      target: "es2023",
      jsx: "automatic",
      jsxImportSource: "preact",
      define: { "process.env.NODE_ENV": '"production"' },
      legalComments: "none",
      logLevel: "silent",
    });
    const contentOf = (suffix: string): Uint8Array =>
      result.outputFiles.find((each) => each.path.endsWith(suffix))?.contents ?? new Uint8Array();
    return { script: contentOf(".js"), style: contentOf(".css") };
  } catch (error) {
    throw new PageBundleError(describeError(error));
  } finally {
    await esbuild.stop(); // CN22
  }
}

/** Puts the bundle where an image expects it; for the build. */
export async function writeBundle(directory: string, bundle: PageBundle): Promise<void> {
  await mkdir(directory, { recursive: true });
  // Renamed into place, so that a reader never sees half a file.
  for (const [name, content] of [
    ["app.css", bundle.style],
    ["app.js", bundle.script],
  ] as const) {
    const path = join(directory, name);
    await writeFile(`${path}.${process.pid}`, content);
    await rename(`${path}.${process.pid}`, path);
  }
}

async function readBundle(directory: string): Promise<PageBundle> {
  const [script, style] = await Promise.all([
    readFile(join(directory, "app.js")),
    readFile(join(directory, "app.css")),
  ]);
  return { script, style };
}

/** Changes when a source of the page, or the libraries in it, change. */
async function sourceDigest(): Promise<string> {
  const hash = createHash("sha256");
  hash.update(await readFile(join(roomDir, "package.json")));
  const names = await readdir(sourceDir, { recursive: true });
  const files = names.filter((name) => /\.(tsx?|css)$/.test(name)).toSorted();
  for (const name of files) {
    const { mtimeMs, size } = await stat(join(sourceDir, name));
    hash.update(`${name}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest("hex").slice(0, 24);
}
