/**
 * Lets anybody wait until something has become true of a state that others change.
 *
 * - LCB1  A waiter sees every change that was rung after it began to wait, and one look at the state
 *        before that: it cannot miss the moment.
 *
 * @module
 */

export class ChangeBell {
  readonly #listeners = new Set<() => void>();

  /** Something has changed. */
  ring(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Settles when `holds` gives true; rejects with what it throws, or with the signal's reason. */
  until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void): void => {
        this.#listeners.delete(look);
        signal?.removeEventListener("abort", look);
        finish();
      };
      const look = (): void => {
        if (signal?.aborted === true) {
          end(() => reject(signal.reason));
          return;
        }
        try {
          if (holds()) end(resolve);
        } catch (error) {
          end(() => reject(error));
        }
      };
      this.#listeners.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }
}
