/**
 * What happened to the system, and which connections its network policy refused.
 *
 * @module
 */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { NumberedEvent } from "../../src/control.ts";
import type { Denial } from "../../src/denials.ts";
import { Empty, Panel, SearchField, Segments, ServiceName } from "../components/basics.tsx";
import { Icon } from "../components/icons.tsx";
import { formatDateTime, formatTime, plural } from "../format.ts";
import { events } from "../live.ts";
import { partPath, query, setQuery } from "../router.ts";
import { stateText, type Tone, toneOf } from "../states.ts";
import { useRepeated } from "./part.tsx";

const kinds = [
  { value: "all", text: "All" },
  { value: "part", text: "Parts" },
  { value: "replica", text: "Replicas" },
  { value: "notice", text: "Notices" },
] as const;

type Kind = (typeof kinds)[number]["value"];

export function EventsPage(): JSX.Element {
  const [kind, setKind] = useState<Kind>("all");
  const search = query.value.get("search") ?? "";
  const answer = useRepeated<{ readonly denials: readonly Denial[] }>("/api/denials");
  const shown = events.value
    .map(describe)
    .filter((each) => kind === "all" || each.kind === kind)
    .filter((each) => `${each.subject} ${each.text}`.toLowerCase().includes(search.toLowerCase()))
    .toReversed();
  return (
    <div class="page">
      <div class="page-inner">
        <header class="page-head">
          <h1>Events</h1>
          <Segments label="Kind" value={kind} options={kinds} onChange={setKind} />
          <SearchField
            label="Search events"
            value={search}
            onInput={(text) => setQuery({ search: text })}
          />
        </header>
        <Denials denials={answer?.denials ?? []} />
        <Panel title="What happened" note={plural(shown.length, "event")}>
          {shown.length === 0 ? (
            <Empty icon="events" title={search === "" ? "Nothing happened yet" : "No event fits"}>
              <p>State changes of parts, replicas and stores appear here as they happen.</p>
            </Empty>
          ) : (
            <ol class="timeline">
              {shown.map((each) => (
                <EventLine key={each.id} event={each} />
              ))}
            </ol>
          )}
        </Panel>
      </div>
    </div>
  );
}

function Denials({ denials }: { denials: readonly Denial[] }): JSX.Element | null {
  if (denials.length === 0) return null;
  return (
    <Panel
      title="Refused connections"
      note="a part called what its uses do not declare; a cluster would refuse it too"
    >
      <ul class="denials">
        {denials.map((each) => (
          <DenialLine key={`${each.instance} ${each.target}`} denial={each} />
        ))}
      </ul>
    </Panel>
  );
}

function DenialLine({ denial }: { denial: Denial }): JSX.Element {
  const [what, advice] = splitAdvice(denial.text);
  return (
    <li>
      <span class="denial-icon">
        <Icon name="shield" />
      </span>
      <div class="grow">
        <p>{what}</p>
        {advice === "" ? null : <p class="advice">{marked(advice)}</p>}
      </div>
      <span class="muted number">
        {denial.count > 1 ? `${denial.count} times or more, last ` : ""}
        {formatTime(Date.parse(denial.lastTime))}
      </span>
    </li>
  );
}

/** The guard writes `<what happened>: <what to do>`. */
function splitAdvice(text: string): readonly [string, string] {
  const at = text.search(/: (?:add|declare|it is|a Unix|nothing)/);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 2)];
}

/** `add x to the uses of y`, with x and y set as code. */
function marked(advice: string): JSX.Element {
  const match = /^add (\S+) to the uses of (\S+)$/.exec(advice);
  if (match === null) return <>{`${advice[0]?.toUpperCase()}${advice.slice(1)}.`}</>;
  return (
    <>
      Add <code>{match[1]}</code> to the <code>uses</code> of <code>{match[2]}</code>.
    </>
  );
}

interface Described {
  readonly id: number;
  readonly kind: string;
  readonly timeMs: number;
  readonly tone: Tone;
  readonly subject: string;
  /** The part that it is about. */
  readonly part: string | undefined;
  readonly text: string;
}

function describe({ id, event }: NumberedEvent): Described {
  return { id, kind: event.type, timeMs: Date.parse(event.time), ...tellOf(event) };
}

type Tale = Pick<Described, "tone" | "subject" | "part" | "text">;
type Event = NumberedEvent["event"];

function tellOf(event: Event): Tale {
  if (event.type === "replica") return tellOfReplica(event);
  if (event.type === "part") {
    const text = `${stateText(event.state)}, ${event.ready} of ${event.wanted} ready`;
    return { tone: toneOf(event.state), subject: event.part, part: event.part, text };
  }
  if (event.type === "notice") {
    const tone = event.level === "error" ? "bad" : event.level === "warn" ? "warn" : "off";
    return { tone, subject: event.part ?? "system", part: event.part, text: event.text };
  }
  return { ...tellOfOthers(event), part: undefined };
}

function tellOfOthers(
  event: Extract<Event, { type: "system" | "store" | "lagged" }>,
): Omit<Tale, "part"> {
  if (event.type === "system") {
    return { tone: toneOf(event.state), subject: "system", text: stateText(event.state) };
  }
  if (event.type === "store") {
    const { name, state, message } = event.store;
    return { tone: toneOf(state), subject: name, text: message ?? stateText(state) };
  }
  const text = `${plural(event.missed, "event")} left out: they came faster than they were read`;
  return { tone: "warn", subject: "console", text };
}

function tellOfReplica(event: Extract<Event, { type: "replica" }>): Tale {
  const { replica } = event;
  const exit = replica.lastExit;
  const waits = replica.waitingFor ?? [];
  const details = [
    replica.message ?? "",
    waits.length > 0 ? `for ${waits.join(", ")}` : "",
    replica.state === "backoff" && exit !== undefined
      ? `after ${exit.signal ?? `exit code ${exit.code}`}`
      : "",
  ];
  return {
    tone: toneOf(replica.state),
    subject: replica.instance,
    part: event.part,
    text: [stateText(replica.state), ...details.filter((each) => each !== "")].join(" "),
  };
}

function EventLine({ event }: { event: Described }): JSX.Element {
  return (
    <li>
      <time class="muted" title={formatDateTime(event.timeMs)}>
        {formatTime(event.timeMs)}
      </time>
      <span class={`dot tone-${event.tone}`} />
      <span class="strong event-subject">
        {event.part === undefined ? (
          event.subject
        ) : (
          <a class="plain" href={partPath(event.part)}>
            {event.kind === "part" ? <ServiceName name={event.subject} /> : event.subject}
          </a>
        )}
      </span>
      <span>{event.text}</span>
    </li>
  );
}
