/**
 * Traces as dots: when they began, how long they took (on a logarithmic scale), and which failed.
 *
 * @module
 */
import type { JSX } from "preact";
import type { TraceSummary } from "../../src/traces/trace-store.ts";
import { formatMs, formatTime } from "../format.ts";
import { colorOf } from "../live.ts";
import { navigate } from "../router.ts";

const width = 1_200;
const height = 132;
const left = 56;
const right = 12;
const top = 10;
const bottom = 22;

export function TraceScatter({ traces }: { traces: readonly TraceSummary[] }): JSX.Element {
  const starts = traces.map((each) => each.startMs);
  const fromMs = Math.min(...starts);
  const toMs = Math.max(...starts, fromMs + 1_000);
  const longest = Math.max(10, ...traces.map((each) => each.durationMs));
  const shortest = Math.max(0.1, Math.min(...traces.map((each) => each.durationMs)));
  const low = Math.floor(Math.log10(shortest));
  const high = Math.max(low + 1, Math.ceil(Math.log10(longest)));
  const x = (ms: number): number =>
    left + ((ms - fromMs) / (toMs - fromMs)) * (width - left - right);
  const y = (ms: number): number =>
    height -
    bottom -
    ((Math.log10(Math.max(ms, shortest)) - low) / (high - low)) * (height - top - bottom);
  const decades = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  const moments = Array.from({ length: 6 }, (_, at) => fromMs + ((toMs - fromMs) * at) / 5);
  return (
    <section class="panel scatter" aria-label="Durations of these traces over time">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-hidden="true">
        {decades.map((ms) => (
          <g key={ms}>
            <line x1={left} x2={width - right} y1={y(ms)} y2={y(ms)} class="scatter-grid" />
            <text x={left - 8} y={y(ms) + 4} text-anchor="end" class="scatter-text">
              {ms < 1 ? `${ms} ms` : formatMs(ms).replace(".0 ms", " ms").replace(".00 s", " s")}
            </text>
          </g>
        ))}
        {moments.map((ms, at) => (
          <text
            key={at}
            x={x(ms)}
            y={height - 5}
            text-anchor={at === 0 ? "start" : at === 5 ? "end" : "middle"}
            class="scatter-text"
          >
            {formatTime(ms)}
          </text>
        ))}
        {traces.map((trace) => (
          // The table below has the same traces as links.
          <circle
            key={trace.traceId}
            cx={x(trace.startMs)}
            cy={y(trace.durationMs)}
            r={trace.errors > 0 ? 4.5 : 3.5}
            class="scatter-dot"
            style={{ fill: trace.errors > 0 ? "var(--bad)" : colorOf(trace.service) }}
            onClick={() => navigate(`/traces/${trace.traceId}`)}
          >
            <title>{`${trace.name}: ${formatMs(trace.durationMs)}`}</title>
          </circle>
        ))}
      </svg>
    </section>
  );
}
