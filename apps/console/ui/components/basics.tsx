/**
 * The small pieces that every page is made of.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";
import { colorOf } from "../live.ts";
import { stateText, toneOf } from "../states.ts";
import { Icon, type IconName } from "./icons.tsx";

export function StateBadge({ state }: { state: string }): JSX.Element {
  return (
    <span class={`badge tone-${toneOf(state)}`}>
      <span class="dot" />
      {stateText(state)}
    </span>
  );
}

/** A part's or service's name with its colour. */
export function ServiceName({ name }: { name: string }): JSX.Element {
  return (
    <span class="service">
      <span class="swatch" style={{ "--swatch": colorOf(name) }} />
      {name}
    </span>
  );
}

export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  danger?: boolean;
  disabled?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      class={`icon-button${props.danger === true ? " danger" : ""}`}
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled === true}
      onClick={(event) => {
        event.stopPropagation();
        props.onClick(event);
      }}
    >
      <Icon name={props.icon} />
    </button>
  );
}

export function SearchField(props: {
  value: string;
  label: string;
  onInput: (text: string) => void;
}): JSX.Element {
  return (
    <label class="search">
      <Icon name="search" size={14} />
      <input
        class="field"
        type="text"
        data-search
        spellcheck={false}
        autocomplete="off"
        value={props.value}
        placeholder={props.label}
        aria-label={props.label}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

export function Segments<Value extends string>(props: {
  label: string;
  value: Value;
  options: readonly { readonly value: Value; readonly text: string }[];
  onChange: (value: Value) => void;
}): JSX.Element {
  return (
    <fieldset class="segments" aria-label={props.label}>
      {props.options.map(({ value, text }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

/** Says why there is nothing, and what to do about it. */
export function Empty(props: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <Icon name={props.icon} size={28} />
      <p class="strong">{props.title}</p>
      {props.children}
    </div>
  );
}

export function Panel(props: {
  title: string;
  note?: ComponentChildren;
  end?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="panel" aria-label={props.title}>
      <div class="panel-head">
        <h2>{props.title}</h2>
        {props.note === undefined ? null : <span class="muted">{props.note}</span>}
        <span class="grow" />
        {props.end}
      </div>
      {props.children}
    </section>
  );
}
