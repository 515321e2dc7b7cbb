/**
 * The traces of the last minutes: found by service, route, time and failure.
 *
 * @module
 */
import type { JSX } from "preact";
import type { TraceSummary } from "../../src/traces/trace-store.ts";
import { queryOf } from "../api.ts";
import { Empty, Panel, SearchField, ServiceName } from "../components/basics.tsx";
import { TraceScatter } from "../components/trace-scatter.tsx";
import { formatMs, formatTimeMs, plural } from "../format.ts";
import { colorOf, parts } from "../live.ts";
import { navigate, query, setQuery } from "../router.ts";
import { useRepeated } from "./part.tsx";

interface TracesAnswer {
  readonly traces: readonly TraceSummary[];
  readonly held: { readonly traces: number; readonly spans: number; readonly received: number };
}

const durations: readonly (readonly [string, string])[] = [
  ["", "Any duration"],
  ["10", "At least 10 ms"],
  ["50", "At least 50 ms"],
  ["100", "At least 100 ms"],
  ["500", "At least 500 ms"],
  ["1000", "At least 1 s"],
];

export function TracesPage(): JSX.Element {
  const service = query.value.get("service") ?? "";
  const search = query.value.get("search") ?? "";
  const minMs = query.value.get("minMs") ?? "";
  const errors = query.value.get("errors") ?? "";
  const answer = useRepeated<TracesAnswer>(
    `/api/traces${queryOf({ service, search, minMs, errors, limit: 200 })}`,
  );
  const filtered = [service, search, minMs, errors].some((each) => each !== "");
  return (
    <div class="page">
      <div class="page-inner">
        <header class="page-head">
          <h1>Traces</h1>
          <Choice
            label="Service"
            value={service}
            name="service"
            options={[
              ["", "All services"],
              ...parts.value
                .filter((each) => !each.builtin)
                .map((each) => [each.name, each.name] as const),
            ]}
          />
          <Choice label="Duration" value={minMs} name="minMs" options={durations} />
          <label class="check">
            <input
              type="checkbox"
              checked={errors === "1"}
              onChange={(event) => setQuery({ errors: event.currentTarget.checked ? "1" : "" })}
            />
            Failed only
          </label>
          <SearchField
            label="Route or trace id"
            value={search}
            onInput={(text) => setQuery({ search: text })}
          />
          <span class="grow" />
          <span class="muted">
            {answer === undefined
              ? ""
              : `${plural(answer.held.traces, "trace")}, ${plural(answer.held.spans, "span")} held`}
          </span>
        </header>
        <Found answer={answer} filtered={filtered} />
      </div>
    </div>
  );
}

function Choice(props: {
  label: string;
  name: string;
  value: string;
  options: readonly (readonly [string, string])[];
}): JSX.Element {
  return (
    <select
      class="field"
      aria-label={props.label}
      value={props.value}
      onChange={(event) => setQuery({ [props.name]: event.currentTarget.value })}
    >
      {props.options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

function Found(props: { answer: TracesAnswer | undefined; filtered: boolean }): JSX.Element {
  const { answer, filtered } = props;
  if (answer === undefined) return <div aria-busy="true" />;
  const { traces } = answer;
  if (traces.length === 0) {
    return filtered ? (
      <Empty icon="search" title="No trace fits">
        <p>Widen the filter; traces older than 15 minutes are gone.</p>
        <button
          type="button"
          class="button"
          onClick={() => setQuery({ service: "", search: "", minMs: "", errors: "" })}
        >
          Show all traces
        </button>
      </Empty>
    ) : (
      <Empty icon="traces" title="No trace yet">
        <p>Send a request to the system. Parts report their spans to this console by OTLP.</p>
      </Empty>
    );
  }
  const longest = Math.max(...traces.map((each) => each.durationMs));
  return (
    <>
      <TraceScatter traces={traces} />
      <Panel title="Newest first" note={traces.length === 200 ? "the latest 200" : undefined}>
        <div class="table-scroll">
          <table class="trace-table">
            <thead>
              <tr>
                <th>Time</th>
                <th>Request</th>
                <th>Services</th>
                <th class="number">Spans</th>
                <th class="number">Status</th>
                <th>Duration</th>
              </tr>
            </thead>
            <tbody>
              {traces.map((each) => (
                <TraceRow key={each.traceId} trace={each} longestMs={longest} />
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
}

function TraceRow(props: { trace: TraceSummary; longestMs: number }): JSX.Element {
  const { trace } = props;
  const path = `/traces/${trace.traceId}`;
  // A square root keeps short ones visible beside long ones.
  const share = Math.sqrt(trace.durationMs / Math.max(0.001, props.longestMs));
  return (
    <tr class="link" onClick={() => navigate(path)}>
      <td class="muted">{formatTimeMs(trace.startMs)}</td>
      <td>
        <a class="trace-name" href={path}>
          {trace.name}
        </a>
      </td>
      <td>
        <span class="services">
          {trace.services.map((each) => (
            <span key={each.name} class="chip" title={plural(each.spans, "span")}>
              <ServiceName name={each.name} />
            </span>
          ))}
        </span>
      </td>
      <td class="number muted">{trace.spans}</td>
      <td class={`number ${trace.errors > 0 ? "bad strong" : "muted"}`}>
        {trace.httpStatus ?? (trace.errors > 0 ? "failed" : "ok")}
      </td>
      <td>
        <span class="duration">
          <span class="bar" aria-hidden="true">
            <span
              style={{
                width: `${Math.max(1.5, share * 100)}%`,
                background: trace.errors > 0 ? "var(--bad)" : colorOf(trace.service),
              }}
            />
          </span>
          <b>{formatMs(trace.durationMs)}</b>
        </span>
      </td>
    </tr>
  );
}
