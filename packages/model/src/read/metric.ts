/**
 * Reads declared metrics, and metrics named by text.
 *
 * @module
 */
import type { Labels, Metric } from "@ashlar/foundation";
import {
  count,
  type Faults,
  isRecord,
  listOf,
  mapOf,
  may,
  need,
  type Read,
  shape,
  text,
  turned,
  word,
  wrongType,
} from "./reader.ts";

const metricName = text("a metric name such as orders_placed_total", /^[a-z][a-z0-9_]*$/);
const oneLabel: Read<Labels[string]> = (value, path, faults) =>
  Array.isArray(value)
    ? listOf(text("a label value"))(value, path, faults)
    : shape("listed values, or { maxValues }", { maxValues: need(count(1), 1) })(
        value,
        path,
        faults,
      );
const bound: Read<number> = (value, path, faults) =>
  typeof value === "number" && Number.isFinite(value)
    ? value
    : wrongType(value, path, "a number", faults);

const metricFields = shape("a metric made by counter, gauge or histogram", {
  kind: need(word("counter", "gauge", "histogram"), "gauge"),
  name: need(metricName, ""),
  help: may(text(), ""),
  labels: may(mapOf(oneLabel), {}),
  buckets: may(listOf(bound), null),
});

export const readMetric: Read<Metric> = turned(metricFields, ({ buckets, ...rest }) => {
  if (rest.name === "") return undefined;
  return buckets === null ? rest : { ...rest, buckets };
});

/** A metric as a value, or by its name alone. */
export interface MetricValue {
  readonly name: string;
  readonly metric: Metric | null;
}

export const readMetricValue: Read<MetricValue> = (value, path, faults) => {
  if (typeof value === "string") {
    const name = metricName(value, path, faults);
    return name === undefined ? undefined : { name, metric: null };
  }
  const metric = readMetric(value, path, faults);
  return metric === undefined ? undefined : { name: metric.name, metric };
};

/** A list of metrics, or an object of them whose keys are only for the program. */
export const readMetrics: Read<readonly Metric[]> = (
  value: unknown,
  path: string,
  faults: Faults,
) => {
  if (Array.isArray(value)) return listOf(readMetric)(value, path, faults);
  if (!isRecord(value)) return wrongType(value, path, "an object of metrics", faults);
  const metrics = mapOf(readMetric)(value, path, faults);
  return metrics === undefined ? undefined : Object.values(metrics);
};
