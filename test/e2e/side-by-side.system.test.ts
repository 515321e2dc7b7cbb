/**
 * Two systems on one machine do not see each other, and a port that is taken is replaced.
 *
 * @module
 */
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { openStorefront } from "../src/storefront.ts";

test("two storefronts run side by side, each with its own data and ports", async () => {
  await using first = await openStorefront();
  await using second = await openStorefront();
  expect(second.api).not.toBe(first.api);
  const register = (api: string): Promise<Response> =>
    fetch(`${api}/api/auth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        email: "same@example.com",
        password: "correct horse battery",
        name: "S",
      }),
    });
  expect((await register(first.api)).status).toBe(201);
  expect((await register(second.api)).status).toBe(201);
});

test("a gateway port that is taken is replaced by a free one", async () => {
  const taken = createServer().listen(8080, "127.0.0.1");
  const error = await new Promise<Error | null>((resolve) => {
    taken.once("listening", () => resolve(null));
    taken.once("error", resolve);
  });
  // Taken by another program already: that serves the test as well.
  expect(error === null || "code" in error).toBe(true);
  try {
    await using shop = await openStorefront();
    expect(new URL(shop.api).port).not.toBe("8080");
    expect((await fetch(`${shop.api}/api/products`)).status).toBe(200);
  } finally {
    taken.close();
  }
});
