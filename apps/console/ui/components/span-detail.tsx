/**
 * What one span knows: its times, its outcome, its attributes and events.
 *
 * @module
 */
import type { JSX } from "preact";
import type { Attributes, Span } from "../../src/traces/span.ts";
import { formatMs } from "../format.ts";
import { ServiceName } from "./basics.tsx";

export function SpanDetail({
  span,
  traceStartMs,
}: {
  span: Span;
  traceStartMs: number;
}): JSX.Element {
  return (
    <aside class="panel detail" aria-label="Span">
      <div class="panel-head">
        <h2 class="ellipsis" title={span.name}>
          {span.name}
        </h2>
      </div>
      <div class="detail-body">
        {span.status === "error" ? (
          <p class="span-error">{span.statusText === "" ? "failed" : span.statusText}</p>
        ) : null}
        <dl class="pairs">
          <dt>Service</dt>
          <dd>
            <ServiceName name={span.service} /> <span class="muted">{span.instance}</span>
          </dd>
          <dt>Kind</dt>
          <dd>{span.kind}</dd>
          <dt>Began</dt>
          <dd>{formatMs(span.startMs - traceStartMs)} into the trace</dd>
          <dt>Took</dt>
          <dd>{formatMs(span.durationMs)}</dd>
        </dl>
        <AttributeList title="Attributes" attributes={span.attributes} />
        {span.events.map((event, at) => (
          <section key={at}>
            <h3>
              {event.name} at {formatMs(event.timeMs - traceStartMs)}
            </h3>
            <AttributeList attributes={event.attributes} />
          </section>
        ))}
        <dl class="pairs">
          <dt>Span id</dt>
          <dd class="mono">{span.spanId}</dd>
          <dt>Trace id</dt>
          <dd class="mono">{span.traceId}</dd>
        </dl>
      </div>
    </aside>
  );
}

function AttributeList(props: { title?: string; attributes: Attributes }): JSX.Element | null {
  const entries = Object.entries(props.attributes).toSorted(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return null;
  return (
    <section>
      {props.title === undefined ? null : <h3>{props.title}</h3>}
      <dl class="pairs">
        {entries.map(([name, value]) => (
          <>
            <dt key={`${name} name`}>{name}</dt>
            <dd key={`${name} value`} class="mono">
              {String(value)}
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}
