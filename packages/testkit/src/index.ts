export { seededEntropy } from "./seeded-entropy.ts";
export { SimulatedClock } from "./simulated-clock.ts";
