/**
 * The logs of all parts, interleaved by time: searched, filtered, followed.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { LogLine } from "../../src/control.ts";
import { Empty, IconButton, SearchField, Segments, ServiceName } from "../components/basics.tsx";
import { Icon } from "../components/icons.tsx";
import { LogRow, traceIdOf, valueText } from "../components/log-row.tsx";
import { type LogStream, useLogStream } from "../components/log-stream.ts";
import { VirtualList } from "../components/virtual-list.tsx";
import { formatDateTime, plural } from "../format.ts";
import { parts } from "../live.ts";
import { query, setQuery } from "../router.ts";

const levelOptions = [
  { value: "debug", text: "All" },
  { value: "info", text: "Info" },
  { value: "warn", text: "Warnings" },
  { value: "error", text: "Errors" },
] as const;

type Level = (typeof levelOptions)[number]["value"];

const logRowHeight = 24;

export function LogsPage(): JSX.Element {
  const part = query.value.get("part") ?? "";
  const search = query.value.get("search") ?? "";
  const level = (query.value.get("level") ?? "debug") as Level;
  const [followed, setFollowed] = useState(true);
  const [chosen, setChosen] = useState<number>();
  const stream = useLogStream({ part, search, level: level === "debug" ? "" : level });
  const pausedAt = usePausedCount(stream, followed);
  useFollowKey(() => setFollowed((before) => !before));
  const line = stream.lines.find((each) => each.number === chosen)?.line;
  return (
    <div class="page fixed">
      <header class="page-head">
        <h1>Logs</h1>
        <PartChoice value={part} />
        <Segments
          label="Least level"
          value={level}
          options={levelOptions}
          onChange={(next) => setQuery({ level: next === "debug" ? "" : next })}
        />
        <SearchField
          label="Search text and fields"
          value={search}
          onInput={(text) => setQuery({ search: text })}
        />
        <span class="grow" />
        <button
          type="button"
          class="button"
          aria-pressed={followed}
          onClick={() => setFollowed(!followed)}
        >
          <Icon name={followed ? "pause" : "down"} size={13} />
          {followed ? "Pause" : `Follow${pausedAt > 0 ? ` (${plural(pausedAt, "new line")})` : ""}`}
        </button>
      </header>
      <div class={`log-pane${line === undefined ? "" : " with-detail"}`}>
        <section class="panel log-list" aria-label="Log lines">
          <Lines
            stream={stream}
            followed={followed}
            chosen={chosen}
            filtered={part !== "" || search !== "" || level !== "debug"}
            onFollow={setFollowed}
            onChoose={(number) => {
              setChosen(number);
              if (number !== undefined) setFollowed(false);
            }}
          />
          <StreamFoot stream={stream} />
        </section>
        {line === undefined ? null : (
          <LineDetail line={line} onClose={() => setChosen(undefined)} />
        )}
      </div>
    </div>
  );
}

function PartChoice({ value }: { value: string }): JSX.Element {
  const names = parts.value.map((each) => each.name);
  return (
    <select
      class="field"
      aria-label="Part"
      value={value}
      onChange={(event) => setQuery({ part: event.currentTarget.value })}
    >
      <option value="">All parts</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
      {value === "" || names.includes(value) ? null : <option value={value}>{value}</option>}
    </select>
  );
}

function useFollowKey(toggle: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input,select");
      if (event.key === "f" && !event.ctrlKey && !event.metaKey && !typing) toggle();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

/** How many lines have come since the reader stopped following. */
function usePausedCount(stream: LogStream, followed: boolean): number {
  const newest = stream.lines.at(-1)?.number ?? -1;
  const [from, setFrom] = useState(newest);
  useEffect(() => {
    if (followed) setFrom(newest);
  }, [followed, newest]);
  useEffect(() => {
    if (!followed) setFrom(newest);
  }, [followed]);
  return followed ? 0 : Math.max(0, newest - from);
}

function Lines(props: {
  stream: LogStream;
  followed: boolean;
  chosen: number | undefined;
  filtered: boolean;
  onFollow: (follow: boolean) => void;
  onChoose: (number: number | undefined) => void;
}): JSX.Element {
  const { stream, followed, chosen, onChoose } = props;
  const { lines } = stream;
  const at = useMemo(
    () => (chosen === undefined ? -1 : lines.findIndex((each) => each.number === chosen)),
    [lines, chosen],
  );
  if (lines.length === 0) {
    return <NoLines loading={stream.state === "loading"} filtered={props.filtered} />;
  }
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (event.key === "Escape") onChoose(undefined);
    if (step === undefined) return;
    event.preventDefault();
    const from = at < 0 ? lines.length : at;
    onChoose(lines[Math.min(lines.length - 1, Math.max(0, from + step))]?.number);
  };
  return (
    <VirtualList
      count={lines.length}
      rowHeight={logRowHeight}
      label="Log lines; arrow keys choose one"
      follow={followed}
      onFollow={props.onFollow}
      onKeyDown={move}
      reveal={at < 0 || followed ? undefined : at}
      row={(index) => {
        const entry = lines[index];
        if (entry === undefined) return <div key={index} />;
        return (
          // The list itself takes the keys.
          <div
            key={entry.number}
            class={entry.number === chosen ? "chosen" : ""}
            onClick={() => onChoose(entry.number)}
          >
            <LogRow line={entry.line} />
          </div>
        );
      }}
    />
  );
}

function NoLines({ loading, filtered }: { loading: boolean; filtered: boolean }): JSX.Element {
  if (loading) return <div class="virtual" aria-busy="true" />;
  return filtered ? (
    <Empty icon="search" title="No line fits">
      <p>Widen the search, lower the level, or choose all parts.</p>
      <button
        type="button"
        class="button"
        onClick={() => setQuery({ part: "", search: "", level: "" })}
      >
        Show all lines
      </button>
    </Empty>
  ) : (
    <Empty icon="logs" title="No line yet">
      <p>What the parts write to their output appears here as it is written.</p>
    </Empty>
  );
}

function StreamFoot({ stream }: { stream: LogStream }): JSX.Element {
  return (
    <footer class="log-foot muted">
      <span class={`dot tone-${stream.state === "open" ? "good" : "warn"}`} />
      {stream.state === "lost"
        ? "The stream broke; connecting again."
        : `${plural(stream.lines.length, "line")}, the last 5000 are kept here`}
      {stream.skipped > 0 ? (
        <span class="warn">
          {plural(stream.skipped, "line")} left out: they came faster than this page reads
        </span>
      ) : null}
    </footer>
  );
}

function LineDetail({ line, onClose }: { line: LogLine; onClose: () => void }): JSX.Element {
  const traceId = traceIdOf(line);
  return (
    <aside class="panel detail" aria-label="Line">
      <div class="panel-head">
        <h2>
          <ServiceName name={line.part} /> <span class="muted">{line.instance}</span>
        </h2>
        <span class="grow" />
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      <div class="detail-body">
        <p class={`log-full level-${line.level}`}>{line.text}</p>
        <dl class="pairs">
          <dt>Time</dt>
          <dd>{formatDateTime(Date.parse(line.time))}</dd>
          <dt>Level</dt>
          <dd>{line.level}</dd>
          <dt>Written to</dt>
          <dd>{line.stream}</dd>
          {Object.entries(line.fields).map(([name, value]) => (
            <>
              <dt key={`${name} name`}>{name}</dt>
              <dd key={`${name} value`} class="mono">
                {valueText(value)}
              </dd>
            </>
          ))}
        </dl>
        {traceId === undefined ? null : (
          <div class="toolbar">
            <a class="button" href={`/traces/${traceId}`}>
              <Icon name="traces" size={14} />
              Open its trace
            </a>
            <button type="button" class="button" onClick={() => setQuery({ search: traceId })}>
              <Icon name="search" size={14} />
              Lines of this trace
            </button>
          </div>
        )}
      </div>
    </aside>
  );
}
