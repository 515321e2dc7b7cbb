/**
 * `ashlar status` for people: the system, its stores, its parts with their replicas.
 *
 * @module
 */
import type { PartStatus, ReplicaStatus, SystemStatus } from "@ashlar/local";
import { progressRows } from "./progress.ts";
import { stateLook, stateSymbol } from "./state.ts";
import { alignColumns, formatElapsed, type Style } from "./style.ts";

export interface StatusOptions {
  readonly style: Style;
  readonly wallMs: number;
  /** What each part's line ends with, by part name. */
  readonly addresses: Readonly<Record<string, string>>;
}

export function renderStatus(status: SystemStatus, options: StatusOptions): readonly string[] {
  const { style, wallMs } = options;
  const painted = stateLook(status.state).paint(style)(status.state);
  const since = formatElapsed(wallMs - Date.parse(status.since));
  const head = `${stateSymbol(status.state, style)} ${style.bold(status.system)} ${painted}`;
  const lines = [
    `${head}  ${style.dim(`for ${since} · ${status.environment} · pid ${status.supervisorPid}`)}`,
  ];
  const stores = progressRows({ ...status, parts: [] });
  if (stores.length > 0) {
    lines.push(
      "",
      ...alignColumns(
        stores.map((row) => [
          `  ${stateSymbol(row.state, style)} ${row.name}`,
          stateLook(row.state).paint(style)(row.state),
          style.dim(row.detail),
        ]),
      ),
    );
  }
  lines.push("", ...alignColumns(status.parts.flatMap((part) => partRows(part, options))));
  return lines;
}

function partRows(part: PartStatus, options: StatusOptions): readonly (readonly string[])[] {
  const { style } = options;
  const paint = stateLook(part.state).paint(style);
  const count = part.wanted === 1 && part.ready <= 1 ? "" : ` ${part.ready}/${part.wanted}`;
  const address = options.addresses[part.name] ?? "";
  const own = [
    `  ${stateSymbol(part.state, style)} ${style.bold(part.name)}`,
    paint(`${part.state}${count}`),
    "",
    "",
    part.message === undefined ? style.dim(address) : style.yellow(part.message),
  ];
  const shown = part.wanted > 1 || part.replicas.some((each) => each.state !== part.state);
  const [only] = part.replicas;
  if (!shown && only !== undefined) {
    return [[own[0] ?? "", own[1] ?? "", ...lifeOf(only, options), own[4] ?? ""]];
  }
  return [own, ...part.replicas.map((replica) => replicaRow(replica, options))];
}

function replicaRow(replica: ReplicaStatus, options: StatusOptions): readonly string[] {
  const { style } = options;
  const waits = replica.waitingFor ?? [];
  const why = waits.length > 0 ? `waits for ${waits.join(", ")}` : (replica.message ?? "");
  return [
    `    ${stateSymbol(replica.state, style)} ${replica.instance}`,
    stateLook(replica.state).paint(style)(replica.state),
    ...lifeOf(replica, options),
    style.dim(why),
  ];
}

function lifeOf(replica: ReplicaStatus, { style, wallMs }: StatusOptions): readonly string[] {
  const age = formatElapsed(wallMs - Date.parse(replica.since)).padStart(7);
  const restarts = replica.restarts === 0 ? "" : `, ${plural(replica.restarts, "restart")}`;
  const pid = replica.pid === null ? "" : `pid ${replica.pid}${restarts}`;
  return [style.dim(age), style.dim(pid)];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
