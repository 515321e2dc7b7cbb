/**
 * Writes the generated documents, or with `--check` says which of them are stale.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedDocuments } from "./src/generated-documents.ts";
import { root } from "./src/workspace.ts";

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const { path, text } of generatedDocuments()) {
  const target = join(root, path);
  if (existsSync(target) && readFileSync(target, "utf8") === text) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
if (check && stale.length > 0) {
  console.error(`stale, run \`npm run docs\`: ${stale.join(", ")}`);
  process.exit(1);
}
console.log(stale.length === 0 ? "generated documents are fresh" : `wrote ${stale.join(", ")}`);
