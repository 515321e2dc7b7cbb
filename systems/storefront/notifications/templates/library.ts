/**
 * All templates: picks a language and writes a message.
 *
 * - TL1  A language without templates falls back to its base language (`de-AT` → `de`), and that
 *        to English; no locale makes a message fail.
 *
 * @module
 */
import type { ShopEvent } from "../../common/shop-events.ts";
import type { Message } from "../message.ts";
import { english } from "./english.ts";
import { german } from "./german.ts";
import type { TemplateContext, TemplateSet, ToldEventType } from "./template.ts";

const sets: ReadonlyMap<string, TemplateSet> = new Map(
  [english, german].map((each) => [each.locale, each]),
);

export type ToldEvent = Extract<ShopEvent, { readonly type: ToldEventType }>;

/** The templates for a locale (TL1). */
export function templatesFor(locale: string): TemplateSet {
  const base = locale.toLowerCase().split(/[-_]/)[0] ?? "";
  return sets.get(base) ?? english;
}

/** Whether people are told of events of this type. */
export function isTold(event: ShopEvent): event is ToldEvent {
  return Object.hasOwn(english.messages, event.type);
}

/** What an event says to the person it concerns. */
export function messageOf(event: ToldEvent, locale: string, context: TemplateContext): Message {
  const write = templatesFor(locale).messages[event.type] as (
    data: ToldEvent["data"],
    context: TemplateContext,
  ) => Message;
  return write(event.data, context);
}
