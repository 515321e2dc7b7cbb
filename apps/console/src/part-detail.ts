/**
 * All that is known of one part: what the Plan declares, who uses it, what it answers and counts.
 *
 * - CN20  Nothing here carries a secret's value: a Plan has none, and secrets are listed by name.
 *
 * @module
 */
import type { ConfigPlan, Plan, PortPlan, ResourcesPlan } from "@ashlar/model";
import type { Collector } from "./metrics/collector.ts";

interface UseDetail {
  readonly kind: "port" | "store" | "stream" | "external";
  readonly name: string;
  /** The port's name, the stream's role and group, or nothing. */
  readonly note: string;
  readonly env: string;
}

export interface PartDetail {
  readonly name: string;
  readonly uses: readonly UseDetail[];
  readonly usedBy: readonly string[];
  readonly ports: readonly PortPlan[];
  readonly config: readonly ConfigPlan[];
  readonly secrets: readonly { readonly name: string; readonly env: string; readonly as: string }[];
  readonly resources: ResourcesPlan | null;
  readonly program: string;
  /** Requests a second by method and route pattern, the busiest first. */
  readonly routes: readonly { readonly route: string; readonly perSecond: number }[];
  /** Its own metrics, with their newest value. */
  readonly metrics: readonly {
    readonly name: string;
    readonly kind: "counter" | "gauge" | "histogram";
    readonly help: string;
    readonly value: number | null;
  }[];
}

const routesMax = 50;

export function partDetail(name: string, plan: Plan | undefined, collector: Collector): PartDetail {
  const part = plan?.parts[name];
  const meter = collector.part(name);
  const usedBy = (plan?.edges ?? [])
    .filter(({ to }) => to.kind === "part" && to.name === name)
    .map(({ from }) => from);
  return {
    name,
    uses: (part?.uses ?? []).map(useDetail),
    usedBy: [...new Set(usedBy)].toSorted(),
    ports: Object.values(part?.ports ?? {}),
    config: Object.values(part?.config ?? {}),
    secrets: (part?.secrets ?? []).map(({ secret, key, env, as }) => ({
      name: `${secret}.${key}`,
      env,
      as,
    })),
    resources: part?.resources ?? null,
    program: part === undefined ? "" : programText(part.program),
    routes: [...(meter?.routes ?? [])]
      .map(([route, perSecond]) => ({ route, perSecond }))
      .toSorted((a, b) => b.perSecond - a.perSecond || a.route.localeCompare(b.route))
      .slice(0, routesMax),
    metrics: [...(meter?.custom ?? [])]
      .map(([metric, history]) => ({
        name: metric,
        kind: history.kind,
        help: history.help,
        value: history.series.last("value"),
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
  };
}

function useDetail(use: Plan["parts"][string]["uses"][number]): UseDetail {
  const { env } = use;
  if (use.to === "port") return { kind: "port", name: use.part, note: use.port, env };
  if (use.to === "store") return { kind: "store", name: use.store, note: "", env };
  if (use.to === "external") return { kind: "external", name: use.external, note: "", env };
  const note = use.role === "publish" ? "publish" : `consume as ${use.group}`;
  return { kind: "stream", name: use.stream, note, env };
}

function programText(program: Plan["parts"][string]["program"]): string {
  if (program.runtime === "node") return [`node ${program.entry}`, ...program.args].join(" ");
  return program.runtime === "command" ? program.command.join(" ") : program.image;
}
