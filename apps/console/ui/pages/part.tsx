/**
 * One part: how it does, what it is made of, and what it says.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PartOverview } from "../../src/overview.ts";
import type { PartDetail } from "../../src/part-detail.ts";
import { getJson, queryOf } from "../api.ts";
import { Empty, Segments, ServiceName, StateBadge } from "../components/basics.tsx";
import { PartActions } from "../components/part-actions.tsx";
import { PartFacts } from "../components/part-facts.tsx";
import { type Field, PartPlots, type SeriesAnswer } from "../components/part-plots.tsx";
import { ReplicaTable } from "../components/replica-table.tsx";
import { formatAge, formatMs, formatPercent, formatRate, plural } from "../format.ts";
import { overview, parts } from "../live.ts";
import { partPath } from "../router.ts";
import { Waiting } from "./overview.tsx";

type Minutes = "2" | "5" | "15";

const ranges: readonly { readonly value: Minutes; readonly text: string }[] = [
  { value: "2", text: "2 min" },
  { value: "5", text: "5 min" },
  { value: "15", text: "15 min" },
];

export function PartPage({ name }: { name: string }): JSX.Element {
  const seen = overview.value;
  const part = parts.value.find((each) => each.name === name);
  const [minutes, setMinutes] = useState<Minutes>("5");
  const detail = useRepeated<PartDetail>(`/api/parts/${encodeURIComponent(name)}`);
  const series = useRepeated<SeriesAnswer<Field>>(
    `/api/metrics/series${queryOf({ part: name, minutes })}`,
  );
  if (seen === undefined) return <Waiting />;
  if (part === undefined) return <Unknown name={name} />;
  return (
    <div class="page">
      <div class="page-inner">
        <Head part={part} nowMs={seen.nowMs} />
        <div class="section-head">
          <Figures part={part} />
          <span class="grow" />
          <Segments label="Time range" value={minutes} options={ranges} onChange={setMinutes} />
        </div>
        <PartPlots
          part={name}
          series={series}
          own={detail?.metrics ?? []}
          minutes={Number(minutes)}
        />
        <ReplicaTable part={part} nowMs={seen.nowMs} />
        {detail === undefined ? null : <PartFacts part={part} detail={detail} />}
      </div>
    </div>
  );
}

/** Undefined until the first answer. */
type Repeated<Answer> = Answer | undefined;

/** Asks anew whenever the overview is new, one question at a time. */
export function useRepeated<Answer>(path: string): Repeated<Answer> {
  const [answer, setAnswer] = useState<Answer>();
  const asked = useRef("");
  const at = overview.value?.nowMs;
  useEffect(() => {
    if (asked.current === path) return;
    asked.current = path;
    getJson<Answer>(path)
      .then((come) => {
        if (asked.current === path) setAnswer(come);
      })
      .catch(() => undefined)
      .finally(() => {
        if (asked.current === path) asked.current = "";
      });
  }, [path, at]);
  return answer;
}

function Head({ part, nowMs }: { part: PartOverview; nowMs: number }): JSX.Element {
  return (
    <header class="page-head">
      <h1>
        <a class="crumb" href="/">
          Parts
        </a>
        <span class="crumb"> / </span>
        <ServiceName name={part.name} />
      </h1>
      <StateBadge state={part.state} />
      <span class="muted ellipsis">
        {part.message ||
          (part.readySinceMs === null
            ? ""
            : `ready for ${formatAge(nowMs - part.readySinceMs)}, `) +
            `${part.ready} of ${plural(part.wanted, "replica")}`}
      </span>
      <span class="grow" />
      <PartActions part={part} words />
    </header>
  );
}

function Figures({ part: { now, restarts } }: { part: PartOverview }): JSX.Element {
  return (
    <dl class="figures">
      <div>
        <dt>Requests</dt>
        <dd>{formatRate(now?.requestsPerSecond)}/s</dd>
      </div>
      <div>
        <dt>p95</dt>
        <dd>{formatMs(now?.p95Ms)}</dd>
      </div>
      <div>
        <dt>Errors</dt>
        <dd>{formatPercent(now?.errorRatio)}</dd>
      </div>
      <div>
        <dt>In flight</dt>
        <dd>{formatRate(now?.inFlight)}</dd>
      </div>
      <div>
        <dt>Restarts</dt>
        <dd>{restarts}</dd>
      </div>
    </dl>
  );
}

function Unknown({ name }: { name: string }): JSX.Element {
  return (
    <div class="page">
      <Empty icon="overview" title={`There is no part "${name}"`}>
        <p>
          It may have left the definition. The parts that run are:{" "}
          {parts.value.map((each, at) => (
            <span key={each.name}>
              {at === 0 ? "" : ", "}
              <a href={partPath(each.name)}>{each.name}</a>
            </span>
          ))}
        </p>
      </Empty>
    </div>
  );
}
