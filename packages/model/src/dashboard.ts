/**
 * Dashboards: what to look at first.
 *
 * @module
 */
import type { PanelPlan } from "./plan/observe.ts";
import type { PromQuery } from "./promql.ts";

export interface Dashboard<Name extends string = string> {
  readonly type: "dashboard";
  readonly name: Name;
}

export interface Panel {
  readonly title: string;
  readonly unit: PanelPlan["unit"];
  readonly queries: Readonly<Record<string, PromQuery>>;
}

/** A plot: `panel("Orders", { unit: "perSecond", queries: { placed: promql`…` } })`. */
export function panel(
  title: string,
  options: {
    /** What the axis counts. */
    readonly unit: PanelPlan["unit"];
    /** Expressions by legend, at least one. */
    readonly queries: Readonly<Record<string, PromQuery>>;
  },
): Panel {
  return { title, ...options };
}

/** A page of plots. */
export function dashboard<const Name extends string>(
  name: Name,
  options: {
    /** Default: the name. */
    readonly title?: string;
    /** In reading order, at least one. */
    readonly panels: readonly Panel[];
  },
): Dashboard<Name> {
  const built = { ...options, type: "dashboard", name } as const;
  return built;
}
