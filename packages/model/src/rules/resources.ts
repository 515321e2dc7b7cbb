/**
 * Resources: limits and requests agree with each other and with the class of service.
 *
 * @module
 */
import type { ResourcesPlan, WaiverPlan } from "../plan/part.ts";
import type { Faults } from "../read/reader.ts";

const cpuLimitCheck = "resources/cpu-limit";

export function checkResources(
  path: string,
  resources: ResourcesPlan,
  waivers: readonly WaiverPlan[],
  faults: Faults,
): void {
  const { cpuMillicores, cpuLimitMillicores, memoryBytes, memoryLimitBytes } = resources;
  const { ephemeralBytes, ephemeralLimitBytes, qos } = resources;
  const pairs = [
    ["cpuLimit", cpuMillicores, cpuLimitMillicores, "millicores"],
    ["memoryLimit", memoryBytes, memoryLimitBytes, "bytes"],
    ["ephemeralLimit", ephemeralBytes, ephemeralLimitBytes, "bytes"],
  ] as const;
  for (const [name, request, limit, unit] of pairs) {
    if (limit === null || limit >= request) continue;
    faults.report({
      code: "LIMIT_BELOW_REQUEST",
      path: `${path}.${name}`,
      value: limit,
      expected: `at least the request, which is ${request} ${unit}`,
      problem: `${limit} ${unit} is below the request of ${request}`,
    });
  }
  const differs = cpuLimitMillicores !== cpuMillicores || memoryLimitBytes !== memoryBytes;
  if (qos === "guaranteed" && differs) {
    faults.report({
      code: "GUARANTEED_LIMITS",
      path: `${path}.qos`,
      value: qos,
      expected: "limits equal to requests, or burstable",
      problem: "guaranteed needs limits equal to requests",
    });
  }
  if (cpuLimitMillicores !== null || waivers.some((each) => each.check === cpuLimitCheck)) return;
  faults.report({
    code: "CPU_UNLIMITED",
    path: `${path}.cpuLimit`,
    value: "none",
    expected: `a limit, or a waiver of "${cpuLimitCheck}" with its reason`,
    problem: "without a limit one replica can starve the others of its machine",
  });
}
