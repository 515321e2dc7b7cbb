import { expect, test } from "vitest";
import { echo, gatewayPlan, openTestGateway, routePlan, Service } from "./fixture.ts";

test("GR1: a request reaches its service and comes back, with body and headers", async () => {
  await using service = await Service.open(echo);
  await using gateway = await openTestGateway(
    gatewayPlan([routePlan({ path: "/api/users/*", rewrite: "/users/*" })]),
    { service: service.url },
  );
  const answer = await fetch(`${gateway.url}/api/users/7?q=a%20b`, {
    method: "POST",
    body: JSON.stringify({ name: "Ada" }),
    headers: { "content-type": "application/json" },
  });
  expect(answer.status).toBe(200);
  const seen = (await answer.json()) as { url: string; body: string; headers: object };
  expect(seen.url).toBe("/users/7?q=a%20b");
  expect(seen.body).toBe('{"name":"Ada"}');
  expect(seen.headers).toMatchObject({ "x-forwarded-for": "127.0.0.1", via: "1.1 ashlar" });
});
