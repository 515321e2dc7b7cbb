#!/usr/bin/env node
/**
 * Starts the command line on a Node that can run it.
 *
 * This file is plain JavaScript that Node 14 still parses: what it must say to an old Node, it can
 * say. Sources are TypeScript and run directly on Node 24.
 *
 * - CBIN1  On an older Node it starts itself again on the Node that npm installed beside it, with
 *         the same arguments, streams and signals, and ends as that process ends.
 * - CBIN2  Without such a Node it says which one is needed and ends with exit code 1.
 * - CBIN3  In a workspace that has the sources it runs them, for itself and for every `@ashlar`
 *         package; otherwise it runs what `npm run build` made.
 *
 * A resolve hook costs about 15 ms a start; starting Node again with `--conditions` costs 60 ms.
 */
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const wantedMajor = 24;
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const major = Number(process.versions.node.split(".")[0]);

if (major >= wantedMajor) {
  start();
} else {
  const pinned = findPinnedNode();
  if (pinned === undefined || process.env.ASHLAR_NODE_RETRIED === "1") {
    process.stderr.write(
      `ashlar: needs Node ${wantedMajor} or newer, but this is ${process.version} (${process.execPath}).\n` +
        `Run \`npm ci\` in the project, which brings the right one, or install Node ${wantedMajor}.\n`,
    );
    process.exitCode = 1;
  } else {
    startOn(pinned);
  }
}

function start() {
  delete process.env.ASHLAR_NODE_RETRIED;
  // Where the supervisor and the parts keep theirs, so that they share what this process compiles.
  const { NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME || join(homedir(), ".cache");
  nodeModule.enableCompileCache(NODE_COMPILE_CACHE || join(cache, "ashlar", "compile-cache"));
  const source = join(here, "..", "src", "main.ts");
  const fromSource = existsSync(source);
  if (fromSource) {
    nodeModule.registerHooks({
      resolve: (specifier, context, next) =>
        specifier.startsWith("@ashlar/")
          ? next(specifier, {
              ...context,
              conditions: [...context.conditions, "@ashlar/source"],
            })
          : next(specifier, context),
    });
  }
  const entry = fromSource ? source : join(here, "..", "dist", "main.js");
  import(pathToFileURL(entry).href)
    .then((program) => program.main())
    .catch((error) => {
      process.stderr.write(`ashlar: could not start: ${error.stack || error}\n`);
      process.exitCode = 1;
    });
}

/** The `node` package's binary, looked for from here upward and from the working directory upward. */
function findPinnedNode() {
  for (const from of [here, process.cwd()]) {
    for (let directory = from; ; directory = dirname(directory)) {
      const candidate = join(directory, "node_modules", ".bin", "node");
      if (existsSync(candidate)) return candidate;
      if (dirname(directory) === directory) break;
    }
  }
  return undefined;
}

function startOn(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, ASHLAR_NODE_RETRIED: "1" },
  });
  // The child decides what a signal means; this process only waits for it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => {
    process.stderr.write(`ashlar: ${node} does not start: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code === null ? 1 : code;
      return;
    }
    for (const each of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}
