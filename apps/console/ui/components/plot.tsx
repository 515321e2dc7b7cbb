/**
 * One plot over time. Lines of one page move their cursors together.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { formatTime } from "../format.ts";
import { colorValue, shownTheme } from "../theme.ts";

interface PlotLine {
  readonly name: string;
  /** A colour token, for example `--c0`. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

export interface PlotProps {
  readonly title: string;
  /** More than fits into the head; shown on hover. */
  readonly about?: string;
  /** Unix milliseconds. */
  readonly times: readonly number[];
  readonly lines: readonly PlotLine[];
  readonly format: (value: number | null) => string;
  /** Each line stands on the one before it. */
  readonly stacked?: boolean;
  /** Bytes: the axis steps by powers of two. */
  readonly binary?: boolean;
  /** The scale reaches at least this. */
  readonly atLeast?: number;
  readonly rangeMs: number;
}

const height = 168;

export function Plot(props: PlotProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const names = props.lines.map((each) => each.name).join();
  const theme = shownTheme.value;
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(latest, element.clientWidth), dataOf(latest.current), element);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [names, theme, props.stacked]);

  useEffect(() => {
    plot.current?.setData(dataOf(props));
  });

  const measured = props.lines.some((line) => line.values.some((each) => each !== null));
  return (
    <section class="panel plot" aria-label={props.title}>
      <header>
        <h3 title={props.about ?? props.title}>{props.title}</h3>
        <span class="plot-keys">
          {props.lines.map((line) => (
            <span key={line.name}>
              <span class="swatch" style={{ "--swatch": `var(${line.color})` }} />
              {line.name} <b>{props.format(lastKnown(line.values))}</b>
            </span>
          ))}
        </span>
      </header>
      <div class="plot-canvas" ref={host} />
      {measured ? null : <p class="plot-none muted">Nothing measured yet</p>}
    </section>
  );
}

function lastKnown(values: readonly (number | null)[]): number | null {
  return values.findLast((each) => each !== null) ?? null;
}

function dataOf({ times, lines, stacked }: PlotProps): uPlot.AlignedData {
  const seconds = times.map((each) => each / 1_000);
  if (stacked !== true) return [seconds, ...lines.map((each) => [...each.values])];
  const sums: (number | null)[][] = [];
  for (const line of lines) {
    const below = sums.at(-1);
    sums.push(line.values.map((value, at) => (value === null ? null : value + (below?.[at] ?? 0))));
  }
  // Drawn from the top sum down, so that each area covers the one behind it.
  return [seconds, ...sums.toReversed()];
}

function optionsOf(latest: { readonly current: PlotProps }, width: number): uPlot.Options {
  const { lines, stacked } = latest.current;
  const grid = { stroke: colorValue("--line"), width: 1 };
  const axis = {
    stroke: colorValue("--muted"),
    font: "11px system-ui, sans-serif",
    grid,
    ticks: { show: false },
  };
  const drawn = stacked === true ? lines.toReversed() : lines;
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: "part", setSeries: false },
      points: { size: 6 },
      drag: { x: false, y: false },
    },
    hooks: { setCursor: [(plot) => showTip(plot, latest.current)] },
    scales: {
      x: {
        time: true,
        range: () => {
          const end = (latest.current.times.at(-1) ?? Date.now()) / 1_000;
          return [end - latest.current.rangeMs / 1_000, end];
        },
      },
      y: {
        range: (_plot, _min, max) => [
          0,
          Math.max(latest.current.atLeast ?? 0, (max ?? 0) * 1.15) || 1,
        ],
      },
    },
    axes: [
      { ...axis, size: 26, values: (_plot, splits) => splits.map((each) => clockText(each)) },
      {
        ...axis,
        size: 58,
        space: 34,
        ...(latest.current.binary === true ? { incrs: byteSteps } : {}),
        values: (_plot, splits) => splits.map((each) => latest.current.format(each)),
      },
    ],
    series: [
      {},
      ...drawn.map((line) => {
        const color = colorValue(line.color);
        return {
          label: line.name,
          stroke: color,
          width: 1.5,
          points: { show: true, size: 4, fill: color, filter: lonelyPoints },
          ...(stacked === true ? { fill: colorValue(opaque(line.color)) } : {}),
          ...(lines.length === 1 ? { fill: withAlpha(color, 0.12) } : {}),
        };
      }),
    ],
  };
}

/** Values between two gaps have no line to be seen by: they are drawn as dots. */
function lonelyPoints(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const found: number[] = [];
  for (const [at, value] of values.entries()) {
    const alone = (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;
    if ((value ?? null) !== null && alone) found.push(at);
  }
  return found;
}

function clockText(seconds: number): string {
  const text = formatTime(seconds * 1_000);
  return text.endsWith(":00") ? text.slice(0, 5) : text;
}

/** From 64 KiB to 16 GiB. */
const byteSteps: number[] = Array.from({ length: 19 }, (_, at) => 2 ** (16 + at));

/** Each area covers those behind it, so it must not let them shine through. */
function opaque(token: string): string {
  return `color-mix(in srgb, var(${token}) 32%, var(--panel))`;
}

function withAlpha(color: string, alpha: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

/** A small table beside the cursor, only in the plot that the pointer is in. */
function showTip(plot: uPlot, props: PlotProps): void {
  const { over } = plot;
  let tip = over.querySelector<HTMLElement>(".plot-tip");
  const { idx, left = -1 } = plot.cursor;
  const time = idx === undefined || idx === null ? undefined : props.times[idx];
  if (time === undefined || left < 0 || !over.matches(":hover")) {
    tip?.remove();
    return;
  }
  if (tip === null) {
    tip = document.createElement("div");
    tip.className = "plot-tip";
    over.append(tip);
  }
  tip.replaceChildren(rowOf("", formatTime(time)));
  for (const line of props.lines) {
    tip.append(rowOf(line.name, props.format(line.values[idx ?? 0] ?? null), line.color));
  }
  tip.style.transform = `translateX(${left > over.clientWidth / 2 ? left - 148 : left + 14}px)`;
}

function rowOf(name: string, value: string, color?: string): HTMLElement {
  const row = document.createElement("div");
  if (color !== undefined) {
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.setProperty("--swatch", `var(${color})`);
    row.append(swatch);
  }
  const label = document.createElement("span");
  label.textContent = name;
  const text = document.createElement("b");
  text.textContent = value;
  row.append(label, text);
  return row;
}
