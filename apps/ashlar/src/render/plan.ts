/**
 * A Plan for people: what runs, what keeps state, who uses whom, what is reachable from outside.
 *
 * @module
 */
import type { PartPlan, Plan, StorePlan, UsePlan } from "@ashlar/model";
import { alignColumns, type Style } from "./style.ts";

export function renderPlan(plan: Plan, style: Style): readonly string[] {
  const lines = [
    `${style.bold(plan.system)} ${style.dim(`(${plan.environment})`)}  ${plan.summary}`,
  ];
  const section = (title: string, rows: readonly (readonly string[])[]): void => {
    if (rows.length > 0) lines.push("", style.bold(title), ...alignColumns(rows));
  };
  section(
    "Parts, in the order in which they start",
    plan.startOrder.flatMap((wave, index) =>
      wave.flatMap((name) => {
        const part = plan.parts[name];
        return part === undefined ? [] : [partRow(part, index + 1, style)];
      }),
    ),
  );
  section(
    "Stores",
    Object.values(plan.stores).map((store) => storeRow(store, style)),
  );
  section(
    "Streams",
    Object.values(plan.streams).map((stream) => [
      `  ${stream.name}`,
      stream.kind,
      style.dim(`kept ${days(stream.retentionMs)}`),
    ]),
  );
  section(
    "Externals",
    Object.values(plan.externals).map((external) => [
      `  ${external.name}`,
      `${external.protocol}://${external.host}:${external.port}`,
      style.dim(external.local === "real" ? "as it is" : `here: ${external.local}`),
    ]),
  );
  section(
    "Reachable from outside",
    Object.values(plan.parts).flatMap((part) =>
      Object.values(part.ports)
        .filter((port) => port.exposure === "public")
        .map((port) => [`  ${part.name}`, `${port.protocol} ${port.number}`, routesOf(part)]),
    ),
  );
  return lines;
}

function partRow(part: PartPlan, wave: number, style: Style): readonly string[] {
  const { min, max } = part.scale;
  const uses = part.uses.map(targetOf);
  return [
    `  ${style.dim(String(wave))} ${part.name}`,
    part.kind,
    min === max ? `${min}×` : `${min}–${max}×`,
    uses.length === 0 ? "" : `${style.dim("uses")} ${[...new Set(uses)].join(", ")}`,
  ];
}

function targetOf(use: UsePlan): string {
  if (use.to === "port") return use.part;
  if (use.to === "store") return use.store;
  return use.to === "stream" ? `${use.stream} (${use.role})` : use.external;
}

function storeRow(store: StorePlan, style: Style): readonly string[] {
  return [
    `  ${store.name}`,
    `${store.engine} ${store.version}`,
    style.dim(`here: ${store.local}`),
    store.migrations === null ? "" : style.dim(`migrations ${store.migrations}`),
  ];
}

function routesOf(part: PartPlan): string {
  const count = part.gateway?.routes.length ?? 0;
  return count === 0 ? "" : `${count} routes`;
}

function days(durationMs: number): string {
  const hours = durationMs / 3_600_000;
  return hours >= 24 ? `${Math.round(hours / 24)} days` : `${Math.round(hours)} hours`;
}
