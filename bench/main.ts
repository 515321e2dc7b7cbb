/**
 * Runs a named benchmark: `npm run bench -- <name> [--json]`.
 *
 * The last line with `--json` is `{"machine":…,"date":…,"figures":{"<figure>":{"value","unit"}}}`.
 * Ratios are against a baseline that ran in the same process tree, in the same minutes.
 *
 * @module
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { gatewayBench } from "./gateway.ts";
import { modelBench } from "./model.ts";
import { serviceBench } from "./service.ts";
import { upBench } from "./up.ts";

export interface Figure {
  readonly value: number;
  readonly unit: string;
}

export type Figures = Readonly<Record<string, Figure>>;

const benches: Readonly<Record<string, () => Promise<Figures>>> = {
  gateway: gatewayBench,
  model: modelBench,
  service: serviceBench,
  up: upBench,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
});
const known = Object.keys(benches);
const wanted = positionals.length === 0 ? known : positionals;
const unknown = wanted.filter((name) => !known.includes(name));
if (values.help === true || unknown.length > 0) {
  const problem = unknown.length > 0 ? `unknown benchmark: ${unknown.join(", ")}\n` : "";
  console.error(`${problem}usage: npm run bench -- [${known.join(" | ")}] [--json]`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const figures: Record<string, Figure> = {};
for (const name of wanted) {
  if (!values.json) console.log(`${name} …`);
  const measured = (await benches[name]?.()) ?? {};
  Object.assign(figures, measured);
  if (values.json) continue;
  for (const [figure, { value, unit }] of Object.entries(measured)) {
    console.log(`  ${figure.padEnd(36)} ${format(value)} ${unit}`);
  }
}
if (values.json) {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
  console.log(JSON.stringify({ machine, date: new Date().toISOString(), figures }));
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
