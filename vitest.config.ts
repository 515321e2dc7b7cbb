import { defineConfig } from "vitest/config";

const everywhere = ["packages", "apps", "systems", "test", "tools", "bench"];
const conditions = ["@ashlar/source", "node", "default"];
const shared = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/**
 * `unit`: fast, in process, at most an embedded PostgreSQL. `system`: whole programs as real
 * processes. `engines`: what needs a browser, Redis or another engine installed beforehand.
 */
export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: everywhere.map((each) => `${each}/**/*.test.ts`),
          exclude: ["**/node_modules/**", "**/*.system.test.ts", "**/*.engines.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: "system",
          include: everywhere.map((each) => `${each}/**/*.system.test.ts`),
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        ...shared,
        test: {
          name: "engines",
          include: everywhere.map((each) => `${each}/**/*.engines.test.ts`),
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
