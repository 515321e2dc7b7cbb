/**
 * The processes of one part.
 *
 * @module
 */
import type { JSX } from "preact";
import type { PartOverview } from "../../src/overview.ts";
import { formatAge, formatTime, none } from "../format.ts";
import { Empty, IconButton, Panel, StateBadge } from "./basics.tsx";
import { ask } from "./part-actions.tsx";

type Replica = PartOverview["replicas"][number];

export function ReplicaTable({ part, nowMs }: { part: PartOverview; nowMs: number }): JSX.Element {
  return (
    <Panel title="Replicas" note={`${part.ready} of ${part.wanted} ready`}>
      {part.replicas.length === 0 ? (
        <Empty icon="overview" title="No replica runs">
          <p>Start the part, or scale it to one replica or more.</p>
        </Empty>
      ) : (
        <div class="table-scroll">
          <table>
            <thead>
              <tr>
                <th>Instance</th>
                <th>State</th>
                <th class="number">For</th>
                <th class="number">Restarts</th>
                <th class="number">Process</th>
                <th>Ports</th>
                <th>Last exit</th>
                <th>
                  <span class="visually-hidden">Orders</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {part.replicas.map((replica) => (
                <ReplicaRow
                  key={`${replica.instance}-${replica.pid}`}
                  part={part}
                  replica={replica}
                  nowMs={nowMs}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function ReplicaRow(props: { part: PartOverview; replica: Replica; nowMs: number }): JSX.Element {
  const { part, replica, nowMs } = props;
  const ports = Object.entries(replica.ports).map(([name, port]) => `${name} ${port}`);
  const waiting = replica.waitingFor ?? [];
  return (
    <tr>
      <td class="strong">{replica.instance}</td>
      <td>
        <StateBadge state={replica.state} />
        {waiting.length === 0 ? null : <span class="muted"> waits for {waiting.join(", ")}</span>}
      </td>
      <td class="number muted">{formatAge(nowMs - Date.parse(replica.since))}</td>
      <td class={`number ${replica.restarts > 0 ? "warn" : "muted"}`}>{replica.restarts}</td>
      <td class="number muted">{replica.pid ?? none}</td>
      <td class="muted">{ports.join(", ") || none}</td>
      <td class="muted">{replica.message ?? exitText(replica)}</td>
      <td class="number">
        {replica.pid === null || part.builtin ? null : (
          <IconButton
            icon="kill"
            danger
            label={`Kill ${replica.instance}`}
            onClick={() => ask({ action: "kill", part, replica: replica.ordinal })}
          />
        )}
      </td>
    </tr>
  );
}

function exitText({ lastExit }: Replica): string {
  if (lastExit === undefined) return none;
  const how = lastExit.signal ?? `code ${lastExit.code}`;
  const why = lastExit.reason === undefined ? "" : ` (${lastExit.reason})`;
  return `${how}${why} at ${formatTime(Date.parse(lastExit.at))}`;
}
