/**
 * How each state of a part, replica, store or system looks: symbol, colour, and whether it moves.
 *
 * @module
 */
import type { PartState, ReplicaState, StoreState, SystemState } from "@ashlar/local";
import type { Style } from "./style.ts";

export interface StateLook {
  readonly symbol: string;
  readonly colour: "green" | "yellow" | "red" | "cyan" | "dim";
  /** On its way somewhere: a live view spins it. */
  readonly busy: boolean;
  paint(style: Style): (text: string) => string;
}

type AnyState = PartState | ReplicaState | StoreState | SystemState;

const good = look("✔", "green");
const moving = look("◌", "cyan", true);
const resting = look("·", "dim");
const troubled = look("▲", "yellow");
const broken = look("✖", "red");

const looks: Readonly<Record<AnyState, StateLook>> = {
  ready: good,
  completed: good,
  running: moving,
  starting: moving,
  stopping: moving,
  waiting: resting,
  stopped: resting,
  idle: resting,
  unready: troubled,
  degraded: troubled,
  backoff: troubled,
  failed: broken,
};

export function stateLook(state: string): StateLook {
  return (looks as Readonly<Record<string, StateLook>>)[state] ?? resting;
}

/** The symbol in its colour. */
export function stateSymbol(state: string, style: Style): string {
  const found = stateLook(state);
  return found.paint(style)(found.symbol);
}

function look(symbol: string, colour: StateLook["colour"], busy = false): StateLook {
  return { symbol, colour, busy, paint: (style) => style[colour] };
}
