/**
 * The port to a way of reaching people.
 *
 * - CH1  Sending a message id that was taken before has no further effect where the provider can tell
 *        (sandbox providers, the local mailbox); SMTP relays in general cannot, see NT3.
 *
 * @module
 */

export const channelNames = ["email", "sms", "push"] as const;
export type ChannelName = (typeof channelNames)[number];

/** A rendered message on its way to one address. */
export interface Envelope {
  /** The idempotency key: the same for every attempt. */
  readonly messageId: string;
  readonly address: string;
  readonly subject: string;
  readonly text: string;
  /** Only for mail. */
  readonly html: string;
  /** When it was first meant to be sent: the same for every attempt. */
  readonly timeMs: number;
}

export interface Channel {
  /**
   * Settles once the provider has taken the message.
   *
   * @throws {MessageRefusedError} for good. @throws {MessageUndeliveredError} worth another try.
   */
  send(envelope: Envelope, signal: AbortSignal): Promise<void>;
}

export type Channels = Readonly<Record<ChannelName, Channel>>;
