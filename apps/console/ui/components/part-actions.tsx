/**
 * Orders to a part: each is confirmed in words that say what will happen, then sent, then answered.
 *
 * @module
 */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { PartOverview } from "../../src/overview.ts";
import { postJson } from "../api.ts";
import { plural } from "../format.ts";
import { IconButton } from "./basics.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { tell } from "./toasts.tsx";

type Action = "start" | "stop" | "restart" | "scale" | "kill";

interface Order {
  readonly action: Action;
  readonly part: PartOverview;
  /** One replica only. */
  readonly replica?: number;
}

const asked = signal<Order | undefined>(undefined);
/** Parts whose order is not answered yet. */
const busy = signal<ReadonlySet<string>>(new Set());

const looks: Readonly<Record<Action, { icon: IconName; verb: string; danger?: boolean }>> = {
  restart: { icon: "restart", verb: "Restart" },
  scale: { icon: "scale", verb: "Scale" },
  stop: { icon: "stop", verb: "Stop" },
  start: { icon: "start", verb: "Start" },
  kill: { icon: "kill", verb: "Kill", danger: true },
};

function actionsOf(part: PartOverview): readonly Action[] {
  if (part.builtin) return ["restart"];
  if (part.state === "stopped") return ["start"];
  return ["restart", "scale", "stop", "kill"];
}

export function ask(order: Order): void {
  asked.value = order;
}

/** As icons in a table's row, or with words in a page's head. */
export function PartActions(props: { part: PartOverview; words?: boolean }): JSX.Element {
  const { part } = props;
  const waiting = busy.value.has(part.name);
  return (
    <span class="actions">
      {actionsOf(part).map((action) => {
        const { icon, verb, danger } = looks[action];
        const onClick = (): void => ask({ action, part });
        return props.words === true ? (
          <button key={action} type="button" class="button" disabled={waiting} onClick={onClick}>
            <Icon name={icon} size={14} />
            {verb}
          </button>
        ) : (
          <IconButton
            key={action}
            icon={icon}
            label={`${verb} ${part.name}`}
            danger={danger === true}
            disabled={waiting}
            onClick={onClick}
          />
        );
      })}
    </span>
  );
}

/** The one dialog in which orders are confirmed. */
export function OrderDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [replicas, setReplicas] = useState(1);
  const order = asked.value;
  useEffect(() => {
    if (order === undefined) return;
    setReplicas(order.part.wanted);
    dialog.current?.showModal();
  }, [order]);
  const close = (): void => dialog.current?.close();
  const confirm = (event: SubmitEvent): void => {
    event.preventDefault();
    if (order !== undefined) void carryOut(order, replicas);
    close();
  };
  const look = order === undefined ? undefined : looks[order.action];
  const grave = look?.danger === true || order?.action === "stop";
  return (
    <dialog
      ref={dialog}
      aria-labelledby="order-title"
      onClose={() => {
        asked.value = undefined;
      }}
    >
      {order === undefined || look === undefined ? null : (
        <form onSubmit={confirm}>
          <div class="dialog-body">
            <h2 id="order-title">{titleOf(order)}</h2>
            <p class="muted">{consequenceOf(order)}</p>
            {order.action === "scale" ? (
              <ReplicaStepper part={order.part} value={replicas} onChange={setReplicas} />
            ) : null}
          </div>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={close}>
              Cancel
            </button>
            <button
              type="submit"
              class={`button ${grave ? "danger" : "primary"}`}
              autofocus={order.action !== "scale"}
            >
              {look.verb}
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}

function ReplicaStepper(props: {
  part: PartOverview;
  value: number;
  onChange: (value: number) => void;
}): JSX.Element {
  const { part, value, onChange } = props;
  const max = 50;
  const set = (next: number): void => onChange(Math.min(max, Math.max(0, next)));
  return (
    <div class="stepper">
      <button type="button" class="button" aria-label="Fewer" onClick={() => set(value - 1)}>
        −
      </button>
      <input
        class="field"
        type="number"
        autofocus
        min={0}
        max={max}
        aria-label="Replicas"
        value={value}
        onInput={(event) => set(Number(event.currentTarget.value))}
      />
      <button type="button" class="button" aria-label="More" onClick={() => set(value + 1)}>
        +
      </button>
      <span class="muted">
        now {part.wanted}
        {part.scale === null ? "" : `; the Plan allows ${part.scale.min} to ${part.scale.max}`}
      </span>
    </div>
  );
}

function titleOf({ action, part, replica }: Order): string {
  const what = replica === undefined ? part.name : `${part.name}-${replica}`;
  return `${looks[action].verb} ${what}?`;
}

function consequenceOf({ action, part, replica }: Order): string {
  const whole = plural(part.wanted, "replica");
  const who = replica === undefined ? "All of its processes get" : "This process gets";
  const texts: Readonly<Record<Action, string>> = {
    restart: part.builtin
      ? "This page loses its connection for a moment and comes back by itself."
      : "Each replica is replaced, and goes only when its successor is ready.",
    stop: `Its ${whole} finish what is in flight and end. It stays down until it is started.`,
    start: `Starts ${whole}.`,
    scale: "New replicas take traffic when they are ready; surplus ones finish their work first.",
    kill: `${who} SIGKILL: a crash, as it would happen. The supervisor starts it again.`,
  };
  return texts[action];
}

const done: Readonly<Record<Action, string>> = {
  restart: "restarted",
  stop: "stopped",
  start: "started",
  scale: "scaled",
  kill: "killed",
};

async function carryOut({ action, part, replica }: Order, replicas: number): Promise<void> {
  const { name } = part;
  busy.value = new Set([...busy.peek(), name]);
  const body = action === "scale" ? { replicas } : replica === undefined ? {} : { replica };
  try {
    await postJson(`/api/parts/${encodeURIComponent(name)}/${action}`, body);
    const extent = action === "scale" ? ` to ${replicas}` : "";
    tell("good", `${name} ${done[action]}${extent}`);
  } catch (error) {
    tell("bad", `${name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    busy.value = new Set([...busy.peek()].filter((each) => each !== name));
  }
}
