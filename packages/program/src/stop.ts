/**
 * Waiting for the order to stop.
 *
 * @module
 */

/** Signals that ask a program to stop in an orderly way. */
const stopSignals = ["SIGTERM", "SIGINT"] as const;

/** Settles with the name of the first stop signal; a second one ends the process at once. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      for (const each of stopSignals) process.off(each, onSignal);
      resolve(signal);
    };
    for (const each of stopSignals) process.on(each, onSignal);
  });
}
