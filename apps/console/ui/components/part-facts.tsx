/**
 * What a part is made of: uses, ports, configuration, secrets by name, routes, last words.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LogLine } from "../../src/control.ts";
import type { PartOverview } from "../../src/overview.ts";
import type { PartDetail } from "../../src/part-detail.ts";
import { getJson, queryOf } from "../api.ts";
import { formatBytes, formatRate } from "../format.ts";
import { overview } from "../live.ts";
import { partPath } from "../router.ts";
import { Panel } from "./basics.tsx";
import { Icon } from "./icons.tsx";
import { LogRow } from "./log-row.tsx";

export function PartFacts({
  part,
  detail,
}: {
  part: PartOverview;
  detail: PartDetail;
}): JSX.Element {
  return (
    <>
      <div class="columns">
        <Uses detail={detail} />
        <Routes detail={detail} />
      </div>
      <div class="columns">
        <Config detail={detail} />
        <Program detail={detail} />
      </div>
      <LastWords part={part} />
    </>
  );
}

function Uses({ detail }: { detail: PartDetail }): JSX.Element {
  return (
    <Panel title="Uses" note={String(detail.uses.length)}>
      <ul class="facts">
        {detail.uses.map((use) => (
          <li key={`${use.kind} ${use.name} ${use.note}`}>
            <Icon name={iconOf(use.kind)} size={14} />
            {use.kind === "port" ? (
              <a href={partPath(use.name)}>{use.name}</a>
            ) : (
              <span>{use.name}</span>
            )}
            <span class="muted">{use.note === "" ? use.kind : use.note}</span>
            <span class="grow" />
            <code class="muted">{use.env}</code>
          </li>
        ))}
        {detail.uses.length === 0 ? <li class="muted">It uses nothing.</li> : null}
      </ul>
      <p class="facts-foot muted">
        Used by{" "}
        {detail.usedBy.length === 0
          ? "no other part"
          : detail.usedBy.map((name, at) => (
              <span key={name}>
                {at === 0 ? "" : ", "}
                <a href={partPath(name)}>{name}</a>
              </span>
            ))}
      </p>
    </Panel>
  );
}

function iconOf(kind: PartDetail["uses"][number]["kind"]): "graph" | "store" | "events" | "open" {
  const icons = { port: "graph", store: "store", stream: "events", external: "open" } as const;
  return icons[kind];
}

function Routes({ detail }: { detail: PartDetail }): JSX.Element {
  const top = detail.routes.slice(0, 8);
  const most = Math.max(0.001, ...top.map((each) => each.perSecond));
  return (
    <Panel title="Busiest routes" note="requests a second">
      <ul class="facts">
        {top.map((each) => (
          <li key={each.route} class="route">
            <code class="ellipsis grow">{each.route}</code>
            <span class="bar" aria-hidden="true">
              <span style={{ width: `${(each.perSecond / most) * 100}%` }} />
            </span>
            <b>{formatRate(each.perSecond)}</b>
          </li>
        ))}
        {top.length === 0 ? (
          <li class="muted">No request has been answered since the console started.</li>
        ) : null}
      </ul>
    </Panel>
  );
}

function Config({ detail }: { detail: PartDetail }): JSX.Element {
  return (
    <Panel title="Configuration" note="from the Plan; a variable may override">
      <ul class="facts">
        {detail.config.map((each) => (
          <li key={each.name} title={each.description}>
            <span>{each.name}</span>
            <span class="muted ellipsis">{each.description}</span>
            <span class="grow" />
            <code class="ellipsis value">{JSON.stringify(each.value)}</code>
          </li>
        ))}
        {detail.secrets.map((each) => (
          <li key={each.env}>
            <Icon name="shield" size={14} />
            <span>{each.name}</span>
            <span class="muted">secret, as {each.as}; its value is never shown</span>
            <span class="grow" />
            <code class="muted">{each.env}</code>
          </li>
        ))}
        {detail.config.length + detail.secrets.length === 0 ? (
          <li class="muted">It has no configuration.</li>
        ) : null}
      </ul>
    </Panel>
  );
}

function Program({ detail }: { detail: PartDetail }): JSX.Element {
  const { resources } = detail;
  return (
    <Panel title="Program">
      <ul class="facts">
        {detail.program === "" ? null : (
          <li>
            <span>Runs</span>
            <span class="grow" />
            <code class="ellipsis">{detail.program}</code>
          </li>
        )}
        {detail.ports.map((port) => (
          <li key={port.name}>
            <span>Port {port.name}</span>
            <span class="muted">{port.exposure}</span>
            <span class="grow" />
            <code>
              {port.protocol} {port.number}
            </code>
          </li>
        ))}
        {resources === null ? (
          <li class="muted">Part of the platform, not of the Plan.</li>
        ) : (
          <>
            <li>
              <span>Memory</span>
              <span class="muted">in a cluster</span>
              <span class="grow" />
              {formatBytes(resources.memoryBytes)}, at most{" "}
              {formatBytes(resources.memoryLimitBytes)}
            </li>
            <li>
              <span>CPU</span>
              <span class="muted">in a cluster</span>
              <span class="grow" />
              {resources.cpuMillicores}m
              {resources.cpuLimitMillicores === null
                ? ""
                : `, at most ${resources.cpuLimitMillicores}m`}
            </li>
          </>
        )}
      </ul>
    </Panel>
  );
}

const wordsCount = 30;

function LastWords({ part }: { part: PartOverview }): JSX.Element {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const at = overview.value?.nowMs;
  useEffect(() => {
    const gone = new AbortController();
    getJson<{ readonly lines: readonly LogLine[] }>(
      `/api/logs${queryOf({ part: part.name, tail: wordsCount })}`,
      gone.signal,
    )
      .then((answer) => setLines(answer.lines))
      .catch(() => undefined);
    return () => gone.abort();
  }, [part.name, at]);
  return (
    <Panel
      title="Last log lines"
      end={<a href={`/logs${queryOf({ part: part.name })}`}>All of its logs</a>}
    >
      <div class="last-words">
        {lines.map((line, index) => (
          <LogRow key={index} line={line} />
        ))}
        {lines.length === 0 ? <p class="muted">It has written nothing yet.</p> : null}
      </div>
    </Panel>
  );
}
