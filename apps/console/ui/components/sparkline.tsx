/**
 * The last two minutes of one figure as a small line.
 *
 * @module
 */
import type { JSX } from "preact";

export function Sparkline(props: {
  values: readonly (number | null)[];
  width: number;
  height: number;
  label: string;
  /** The top of the scale is at least this, so that noise near zero stays low. */
  atLeast?: number;
}): JSX.Element {
  const { values, width, height } = props;
  const known = values.filter((each) => each !== null);
  const top = Math.max(props.atLeast ?? 0, ...known) * 1.12 || 1;
  const step = width / Math.max(1, values.length - 1);
  let line = "";
  let area = "";
  let start: number | undefined;
  for (const [at, value] of values.entries()) {
    if (value === null) {
      if (start !== undefined) area += `L${((at - 1) * step).toFixed(1)} ${height}Z`;
      start = undefined;
      continue;
    }
    const x = (at * step).toFixed(1);
    const y = (height - 1 - (value / top) * (height - 2)).toFixed(1);
    line += `${start === undefined ? "M" : "L"}${x} ${y}`;
    area += start === undefined ? `M${x} ${height}L${x} ${y}` : `L${x} ${y}`;
    start ??= at;
  }
  if (start !== undefined) area += `L${width} ${height}Z`;
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      <path class="sparkline-area" d={area} />
      <path class="sparkline-line" d={line} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
