export { realEnvironment } from "./environment.ts";
export { untilStopped } from "./stop.ts";
