/**
 * The plots of one part: what every program has, then what is its own.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PartField } from "../../src/metrics/part-meter.ts";
import type { PartDetail } from "../../src/part-detail.ts";
import { getJson, queryOf } from "../api.ts";
import { formatBytes, formatCount, formatMs, formatPercent, formatRate } from "../format.ts";
import { overview } from "../live.ts";
import { Plot } from "./plot.tsx";

export type Field = PartField;

export interface SeriesAnswer<Name extends string> {
  readonly times: readonly number[];
  readonly series: Readonly<Record<Name, readonly (number | null)[]>>;
}

interface PlotSpec {
  readonly title: string;
  readonly stacked?: boolean;
  readonly binary?: boolean;
  readonly atLeast?: number;
  readonly format: (value: number | null) => string;
  readonly lines: readonly (readonly [name: string, color: string, field: Field])[];
}

const specs: readonly PlotSpec[] = [
  {
    title: "Requests/s",
    stacked: true,
    atLeast: 1,
    format: formatRate,
    lines: [
      ["2xx", "--c0", "ok"],
      ["3xx", "--c3", "redirected"],
      ["4xx", "--c2", "refused"],
      ["5xx", "--bad", "failed"],
    ],
  },
  {
    title: "Latency",
    format: formatMs,
    lines: [
      ["p50", "--c1", "p50Ms"],
      ["p95", "--c0", "p95Ms"],
      ["p99", "--c3", "p99Ms"],
    ],
  },
  {
    title: "Error ratio",
    atLeast: 0.01,
    format: formatPercent,
    lines: [["5xx of all", "--bad", "errorRatio"]],
  },
  {
    title: "Memory",
    binary: true,
    format: formatBytes,
    lines: [
      ["resident", "--c0", "memoryBytes"],
      ["heap", "--c1", "heapBytes"],
    ],
  },
  {
    title: "CPU",
    atLeast: 0.1,
    format: formatPercent,
    lines: [["of one core", "--c0", "cpu"]],
  },
  {
    title: "Event loop lag",
    atLeast: 5,
    format: formatMs,
    lines: [["p99", "--c3", "loopLagMs"]],
  },
];

export function PartPlots(props: {
  part: string;
  series: SeriesAnswer<Field> | undefined;
  own: PartDetail["metrics"];
  minutes: number;
}): JSX.Element {
  const { part, series, own, minutes } = props;
  return (
    <div class="plots">
      {specs.map(({ lines, ...spec }) => (
        <Plot
          key={spec.title}
          {...spec}
          times={series?.times ?? []}
          rangeMs={minutes * 60_000}
          lines={lines.map(([name, color, field]) => ({
            name,
            color,
            values: series?.series[field] ?? [],
          }))}
        />
      ))}
      {own.map((metric) => (
        <OwnPlot key={metric.name} part={part} metric={metric} minutes={minutes} />
      ))}
    </div>
  );
}

function OwnPlot(props: {
  part: string;
  metric: PartDetail["metrics"][number];
  minutes: number;
}): JSX.Element {
  const { part, metric, minutes } = props;
  const [answer, setAnswer] = useState<SeriesAnswer<string>>();
  const at = overview.value?.nowMs;
  useEffect(() => {
    const gone = new AbortController();
    getJson<SeriesAnswer<string>>(
      `/api/metrics/series${queryOf({ part, metric: metric.name, minutes })}`,
      gone.signal,
    )
      .then(setAnswer)
      .catch(() => undefined);
    return () => gone.abort();
  }, [part, metric.name, minutes, at]);
  return (
    <Plot
      title={metric.help === "" ? metric.name : metric.help.replace(/\.$/, "")}
      about={`${metric.name}: ${metric.help}`}
      times={answer?.times ?? []}
      rangeMs={minutes * 60_000}
      format={formatFor(metric)}
      lines={[
        {
          name: noteFor(metric.kind),
          color: "--c5",
          values: answer?.series[metric.name] ?? [],
        },
      ]}
    />
  );
}

function noteFor(kind: PartDetail["metrics"][number]["kind"]): string {
  if (kind === "counter") return "per second";
  return kind === "histogram" ? "p95" : "now";
}

function formatFor(metric: PartDetail["metrics"][number]): (value: number | null) => string {
  if (metric.name.endsWith("_bytes")) return formatBytes;
  if (metric.name.endsWith("_seconds")) {
    return (value) => formatMs(value === null ? null : value * 1_000);
  }
  return metric.kind === "counter" ? formatRate : formatCount;
}
