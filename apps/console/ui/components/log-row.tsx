/**
 * One log line on one line: time, who, how grave, what, and its fields.
 *
 * @module
 */
import type { JSX } from "preact";
import type { LogLine } from "../../src/control.ts";
import { formatTimeMs } from "../format.ts";
import { colorOf } from "../live.ts";

export function LogRow({ line }: { line: LogLine }): JSX.Element {
  const traceId = traceIdOf(line);
  return (
    <div class={`log-row level-${line.level}`}>
      <time>{formatTimeMs(Date.parse(line.time))}</time>
      <span class="log-who ellipsis" style={{ color: colorOf(line.part) }}>
        {line.instance}
      </span>
      <span class="log-level">{line.level}</span>
      <span class="log-text ellipsis">
        {line.text}
        <span class="log-fields">
          {Object.entries(line.fields).map(([name, value]) =>
            hidden.has(name) ? null : (
              <span key={name}>
                {" "}
                {name}=<b>{valueText(value)}</b>
              </span>
            ),
          )}
        </span>
      </span>
      {traceId === undefined ? (
        <span />
      ) : (
        <a
          class="log-trace"
          href={`/traces/${traceId}`}
          onClick={(event) => event.stopPropagation()}
        >
          trace
        </a>
      )}
    </div>
  );
}

const hidden: ReadonlySet<string> = new Set(["traceId", "spanId", "part", "instance"]);

export function traceIdOf(line: LogLine): string | undefined {
  const value = line.fields["traceId"];
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value) ? value : undefined;
}

export function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
