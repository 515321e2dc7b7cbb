/**
 * The first page: is it well, what is slow, what has failed, and the orders to each part.
 *
 * @module
 */
import type { JSX } from "preact";
import type { Overview, PartOverview } from "../../src/overview.ts";
import { Empty, Panel, ServiceName, StateBadge } from "../components/basics.tsx";
import { Icon } from "../components/icons.tsx";
import { PartActions } from "../components/part-actions.tsx";
import { Sparkline } from "../components/sparkline.tsx";
import {
  formatAge,
  formatBytes,
  formatMs,
  formatPercent,
  formatRate,
  none,
  plural,
} from "../format.ts";
import { overview } from "../live.ts";
import { navigate, partPath } from "../router.ts";
import { stateText, toneOf } from "../states.ts";

export function OverviewPage(): JSX.Element {
  const seen = overview.value;
  if (seen === undefined) return <Waiting />;
  return (
    <div class="page">
      <div class="page-inner">
        <Head seen={seen} />
        <Tiles seen={seen} />
        <Parts seen={seen} />
        <Stores seen={seen} />
      </div>
    </div>
  );
}

export function Waiting(): JSX.Element {
  return (
    <div class="page" aria-busy="true">
      <p class="visually-hidden">Loading</p>
    </div>
  );
}

function Head({ seen }: { seen: Overview }): JSX.Element {
  const endpoints = Object.entries(seen.endpoints).filter(([name]) => name !== "console");
  return (
    <header class="page-head">
      <h1>{seen.system}</h1>
      <StateBadge state={seen.state} />
      <span class="muted">
        {stateText(seen.state)} for {formatAge(seen.nowMs - seen.sinceMs)}
      </span>
      <span class="grow" />
      {endpoints.map(([name, url]) => (
        <a key={name} class="button" href={url} target="_blank" rel="noreferrer">
          <span class="strong">{name}</span>
          <span class="muted">{url.replace(/^https?:\/\//, "")}</span>
          <Icon name="open" size={13} />
        </a>
      ))}
    </header>
  );
}

function Tiles({ seen: { totals } }: { seen: Overview }): JSX.Element {
  const failing = (totals.errorRatio ?? 0) > 0.01;
  return (
    <div class="tiles">
      <Tile
        name="Requests"
        value={formatRate(totals.requestsPerSecond)}
        unit="per second"
        spark={totals.spark.requestsPerSecond}
      />
      <Tile name="Latency" value={formatMs(totals.p95Ms)} unit="p95" spark={totals.spark.p95Ms} />
      <Tile
        name="Errors"
        value={formatPercent(totals.errorRatio)}
        unit="answered 5xx"
        spark={totals.spark.errorRatio}
        atLeast={0.02}
        tone={failing ? "bad" : undefined}
      />
      <Tile
        name="Memory"
        value={formatBytes(totals.memoryBytes)}
        unit={plural(totals.replicas, "process")}
        spark={totals.spark.memoryBytes}
        atLeast={(totals.memoryBytes ?? 0) * 1.8}
      />
    </div>
  );
}

function Tile(props: {
  name: string;
  value: string;
  unit: string;
  spark: readonly (number | null)[];
  atLeast?: number | undefined;
  tone?: string | undefined;
}): JSX.Element {
  return (
    <section class={`panel tile ${props.tone === undefined ? "" : `tone-${props.tone}`}`}>
      <h3>{props.name}</h3>
      <p class="ellipsis">
        <strong>{props.value}</strong> <span class="muted">{props.unit}</span>
      </p>
      <Sparkline
        values={props.spark}
        width={300}
        height={44}
        label={`${props.name}, last two minutes`}
        {...(props.atLeast === undefined ? {} : { atLeast: props.atLeast })}
      />
    </section>
  );
}

function Parts({ seen }: { seen: Overview }): JSX.Element {
  const { totals } = seen;
  return (
    <Panel
      title="Parts"
      note={`${totals.partsReady} of ${totals.parts} ready, ${plural(totals.replicas, "replica")}`}
    >
      {seen.parts.length === 0 ? (
        <Empty icon="overview" title="No parts yet">
          <p>The supervisor has not told of any part. It may still be starting.</p>
        </Empty>
      ) : (
        <div class="table-scroll">
          <table class="parts-table">
            <thead>
              <tr>
                <th>Part</th>
                <th>State</th>
                <th>Replicas</th>
                <th class="number roomy-only">Ready for</th>
                <th class="number roomy-only">Restarts</th>
                <th class="number">Requests/s</th>
                <th class="wide-only">
                  <span class="visually-hidden">Requests, last two minutes</span>
                </th>
                <th class="number">p95</th>
                <th class="number">Errors</th>
                <th class="number">Memory</th>
                <th>
                  <span class="visually-hidden">Orders</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {seen.parts.map((part) => (
                <PartRow key={part.name} part={part} nowMs={seen.nowMs} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function PartRow({ part, nowMs }: { part: PartOverview; nowMs: number }): JSX.Element {
  const { now } = part;
  const failing = (now?.errorRatio ?? 0) > 0.01;
  const age = part.readySinceMs === null ? none : formatAge(nowMs - part.readySinceMs);
  return (
    <tr class="link" onClick={() => navigate(partPath(part.name))}>
      <td>
        <a class="part-name" href={partPath(part.name)}>
          <ServiceName name={part.name} />
        </a>
        <div class="part-summary muted ellipsis" title={part.message || part.summary}>
          {part.message || part.summary}
        </div>
      </td>
      <td>
        <StateBadge state={part.state} />
      </td>
      <td>
        <Replicas part={part} />
      </td>
      <td class="number muted roomy-only">{age}</td>
      <td class={`number roomy-only ${part.restarts > 0 ? "warn" : "muted"}`}>{part.restarts}</td>
      <td class="number strong">{formatRate(now?.requestsPerSecond)}</td>
      <td class="wide-only">
        <Sparkline
          values={part.spark.requestsPerSecond}
          width={104}
          height={24}
          atLeast={1}
          label={`Requests of ${part.name}`}
        />
      </td>
      <td class="number">{formatMs(now?.p95Ms)}</td>
      <td class={`number ${failing ? "bad strong" : ""}`}>{formatPercent(now?.errorRatio)}</td>
      <td class="number">{formatBytes(now?.memoryBytes)}</td>
      <td class="number">
        <PartActions part={part} />
      </td>
    </tr>
  );
}

/** A mark for each replica, and the count that says the same. */
function Replicas({ part }: { part: PartOverview }): JSX.Element {
  const shown = part.replicas.slice(0, 12);
  return (
    <span class="replicas">
      <span aria-hidden="true" class="pips">
        {shown.map((each) => (
          <span
            key={`${each.instance}-${each.pid}`}
            class={`pip tone-${toneOf(each.state)}`}
            title={`${each.instance}: ${stateText(each.state)}`}
          />
        ))}
      </span>
      <span class="muted">
        {part.ready}/{part.wanted}
      </span>
    </span>
  );
}

function Stores({ seen }: { seen: Overview }): JSX.Element | null {
  if (seen.stores.length === 0) return null;
  return (
    <Panel title="Stores and streams" note={String(seen.stores.length)}>
      <div class="table-scroll">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>State</th>
              <th>Engine</th>
              <th>Address</th>
            </tr>
          </thead>
          <tbody>
            {seen.stores.map((store) => (
              <tr key={store.name}>
                <td class="strong nowrap">
                  <span class="service">
                    <Icon name={store.kind === "stream" ? "events" : "store"} size={14} />
                    {store.name}
                  </span>
                </td>
                <td>
                  <StateBadge state={store.state} />
                </td>
                <td class="muted">
                  {store.engine}
                  {store.kind === "stream" ? " stream" : ""}
                </td>
                <td class="muted mono ellipsis address">{store.message ?? store.url}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
