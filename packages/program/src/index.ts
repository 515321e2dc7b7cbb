export { realEnvironment } from "./environment.ts";
export { type ProcessEnvironment, processEnvironment } from "./process-environment.ts";
export { untilStopped } from "./stop.ts";
