/**
 * The box with a system's addresses.
 *
 * @module
 */
import { alignColumns, box, formatElapsed, type Style } from "./style.ts";

export function renderReady(
  title: string,
  endpoints: Readonly<Record<string, string>>,
  style: Style,
  elapsedMs?: number,
): readonly string[] {
  const ready = elapsedMs === undefined ? "" : ` is ready in ${formatElapsed(elapsedMs)}`;
  const rows = Object.entries(endpoints).map(([name, address]) => [
    style.bold(name),
    style.cyan(address),
  ]);
  const heading = `${style.green("✔")} ${style.bold(title)}${ready}`;
  if (rows.length === 0) return [heading];
  return box([heading, "", ...alignColumns(rows)], style.dim);
}
