/**
 * What a set of templates in one language must provide: a message for every event that people are
 * told of.
 *
 * @module
 */
import type { ShopEventData, ShopEventType } from "../../common/shop-events.ts";
import type { Message } from "../message.ts";

/** Events that the shop acts on without telling anybody. */
type SilentEventType = "EmailVerified" | "UserDeleted";
export type ToldEventType = Exclude<ShopEventType, SilentEventType>;

export interface TemplateContext {
  readonly shopName: string;
  readonly shopUrl: string;
  /** The token that the mail must carry; null where the message needs none or is not a mail. */
  readonly token: string | null;
}

export interface TemplateSet {
  /** BCP 47 language: `en`. */
  readonly locale: string;
  readonly greeting: (name: string) => string;
  readonly signature: (shopName: string) => string;
  readonly messages: {
    readonly [Type in ToldEventType]: (
      data: ShopEventData<Type>,
      context: TemplateContext,
    ) => Message;
  };
}
