/**
 * One trace: the waterfall of its spans over all services, and what one span knows.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Span } from "../../src/traces/span.ts";
import { ApiError, getJson, queryOf } from "../api.ts";
import { Empty, ServiceName } from "../components/basics.tsx";
import { Icon } from "../components/icons.tsx";
import { SpanDetail } from "../components/span-detail.tsx";
import { formatDateTime, formatMs, plural } from "../format.ts";
import { colorOf, overview } from "../live.ts";
import { rowsOf, type SpanRow, spanTree } from "../span-tree.ts";

interface TraceAnswer {
  readonly traceId: string;
  readonly spans: readonly Span[];
}

export function TracePage({ id }: { id: string }): JSX.Element {
  const [answer, setAnswer] = useState<TraceAnswer | "gone">();
  const received = overview.value?.spansReceived;
  useEffect(() => {
    // Spans of a trace come in batches from each part; late ones are fetched as they come.
    const gone = new AbortController();
    getJson<TraceAnswer>(`/api/traces/${encodeURIComponent(id)}`, gone.signal)
      .then((next) => {
        setAnswer((before) =>
          before !== undefined && before !== "gone" && before.spans.length === next.spans.length
            ? before
            : next,
        );
      })
      .catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) {
          setAnswer((before) => before ?? "gone");
        }
      });
    return () => gone.abort();
  }, [id, received]);
  if (answer === undefined) return <div class="page" aria-busy="true" />;
  if (answer === "gone") return <Gone id={id} />;
  return <Trace answer={answer} />;
}

function Gone({ id }: { id: string }): JSX.Element {
  return (
    <div class="page">
      <Empty icon="traces" title="This trace is not here">
        <p>Traces are kept for 15 minutes, and only those that were sampled.</p>
        <code>{id}</code>
        <p>
          <a href="/traces">All traces</a>
        </p>
      </Empty>
    </div>
  );
}

function Trace({ answer: { traceId, spans } }: { answer: TraceAnswer }): JSX.Element {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const tree = useMemo(() => spanTree(spans), [spans]);
  const rows = rowsOf(tree, closed);
  const [chosen, setChosen] = useState<string | undefined>(
    // The failed span that began last is nearest to the cause.
    () => spans.findLast((each) => each.status === "error")?.spanId ?? tree[0]?.span.spanId,
  );
  const startMs = Math.min(...spans.map((each) => each.startMs));
  const endMs = Math.max(...spans.map((each) => each.startMs + each.durationMs));
  const toggle = (spanId: string): void => {
    const next = new Set(closed);
    if (!next.delete(spanId)) next.add(spanId);
    setClosed(next);
  };
  const span = spans.find((each) => each.spanId === chosen);
  return (
    <div class="page fixed">
      <Head traceId={traceId} spans={spans} root={tree[0]?.span} durationMs={endMs - startMs} />
      <div class="trace-pane">
        <Waterfall
          rows={rows}
          startMs={startMs}
          durationMs={Math.max(0.001, endMs - startMs)}
          chosen={chosen}
          closed={closed}
          onChoose={setChosen}
          onToggle={toggle}
        />
        {span === undefined ? null : <SpanDetail span={span} traceStartMs={startMs} />}
      </div>
    </div>
  );
}

function Head(props: {
  traceId: string;
  spans: readonly Span[];
  root: Span | undefined;
  durationMs: number;
}): JSX.Element {
  const { traceId, spans, root } = props;
  const services = [...new Set(spans.map((each) => each.service))];
  const errors = spans.filter((each) => each.status === "error").length;
  return (
    <header class="page-head">
      <h1>
        <a class="crumb" href="/traces">
          Traces
        </a>
        <span class="crumb"> / </span>
        {root?.name ?? traceId.slice(0, 8)}
      </h1>
      {errors > 0 ? (
        <span class="badge tone-bad">
          <span class="dot" />
          {plural(errors, "failed span")}
        </span>
      ) : null}
      <span class="strong">{formatMs(props.durationMs)}</span>
      <span class="muted">
        {plural(spans.length, "span")} at {formatDateTime(root?.startMs ?? 0)}
      </span>
      <span class="services">
        {services.map((name) => (
          <span key={name} class="chip">
            <ServiceName name={name} />
          </span>
        ))}
      </span>
      <span class="grow" />
      <a class="button" href={`/logs${queryOf({ search: traceId })}`}>
        <Icon name="logs" size={14} />
        Its logs
      </a>
    </header>
  );
}

interface WaterfallProps {
  readonly rows: readonly SpanRow[];
  readonly startMs: number;
  readonly durationMs: number;
  readonly chosen: string | undefined;
  readonly closed: ReadonlySet<string>;
  readonly onChoose: (spanId: string) => void;
  readonly onToggle: (spanId: string) => void;
}

const ticks = [0, 0.25, 0.5, 0.75];

function Waterfall(props: WaterfallProps): JSX.Element {
  const { rows, chosen, closed, onChoose, onToggle, durationMs } = props;
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = rows.findIndex((each) => each.span.spanId === chosen);
    const row = rows[at];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
      if (next !== undefined) onChoose(next.span.spanId);
    } else if (row !== undefined && row.below > 0) {
      const isClosed = closed.has(row.span.spanId);
      const folds = event.key === (isClosed ? "ArrowRight" : "ArrowLeft") || event.key === "Enter";
      if (folds) onToggle(row.span.spanId);
    }
  };
  return (
    <section class="panel waterfall" aria-label="Waterfall of spans">
      <div class="waterfall-head muted">
        <span>Span</span>
        <span class="ticks">
          {ticks.map((share) => (
            <span key={share} style={{ left: `${share * 100}%` }}>
              {formatMs(share * durationMs)}
            </span>
          ))}
        </span>
      </div>
      <div
        class="waterfall-rows"
        role="tree"
        tabIndex={0}
        aria-label="Spans; arrow keys choose and fold"
        onKeyDown={onKeyDown}
      >
        {rows.map((row) => (
          <SpanLine
            key={row.span.spanId}
            row={row}
            startMs={props.startMs}
            durationMs={durationMs}
            isChosen={row.span.spanId === chosen}
            isClosed={closed.has(row.span.spanId)}
            onChoose={() => onChoose(row.span.spanId)}
            onToggle={() => onToggle(row.span.spanId)}
          />
        ))}
      </div>
    </section>
  );
}

function SpanLine(props: {
  row: SpanRow;
  startMs: number;
  durationMs: number;
  isChosen: boolean;
  isClosed: boolean;
  onChoose: () => void;
  onToggle: () => void;
}): JSX.Element {
  const { row, startMs, durationMs, isChosen, isClosed } = props;
  const { span, depth, below } = row;
  const from = ((span.startMs - startMs) / durationMs) * 100;
  const size = (span.durationMs / durationMs) * 100;
  const failed = span.status === "error";
  const inside = size > 30;
  const late = !inside && from + size > 82;
  return (
    // The tree itself takes the keys.
    <div
      class={`span-line${isChosen ? " chosen" : ""}${failed ? " failed" : ""}`}
      role="treeitem"
      aria-selected={isChosen}
      aria-level={depth + 1}
      aria-expanded={below > 0 ? !isClosed : undefined}
      onClick={props.onChoose}
    >
      <span class="span-name" style={{ paddingLeft: `${12 + Math.min(depth, 14) * 14}px` }}>
        {below > 0 ? (
          // Arrow keys fold as well.
          <span
            class={`fold${isClosed ? "" : " open"}`}
            onClick={(event) => {
              event.stopPropagation();
              props.onToggle();
            }}
          >
            <Icon name="chevron" size={12} />
          </span>
        ) : (
          <span class="fold" />
        )}
        <span class="swatch" style={{ "--swatch": colorOf(span.service) }} />
        <span class="span-service">{span.service}</span>
        <span class="ellipsis muted">{span.name}</span>
        {isClosed ? <span class="chip">+{below}</span> : null}
      </span>
      <span class="span-track">
        <span
          class="span-bar"
          style={{
            left: `${from}%`,
            width: `max(2px, ${size}%)`,
            background: failed ? "var(--bad)" : colorOf(span.service),
          }}
        />
        <span
          class={`span-time${inside ? " inside" : ""}`}
          style={
            inside || late
              ? { right: `${100 - from - (inside ? size : 0)}%` }
              : { left: `${from + size}%` }
          }
        >
          {formatMs(span.durationMs)}
        </span>
      </span>
    </div>
  );
}
