/**
 * The inbox: the consumer's memory of which events have had their effect.
 *
 * - IB1  Of all transactions that ask for one (group, key), exactly one that commits is told `true`.
 *        Its effect and this record commit together, so a redelivered event changes nothing.
 *
 * @module
 */

/** `Tx` is the adapter's handle of an open transaction: the one in which the effect is written. */
export interface Inbox<Tx> {
  /**
   * True if this is the first time: go on and write the effect in `tx`. False if an earlier
   * transaction has already done it: do nothing and let the event be acknowledged. Where another
   * transaction is doing it at this moment, waits for its end.
   */
  once(tx: Tx, group: string, key: string): Promise<boolean>;
  /** Forgets records older than `retentionMs`, which must exceed the stream's. Returns how many. */
  sweep(retentionMs: number): Promise<number>;
}
