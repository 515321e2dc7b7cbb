/** A reader that does not read must not fill our memory. */
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type EventStream, EventStreams } from "../src/http/event-stream.ts";

test("CN19: what a slow reader does not take is left out, and it is told how much", async () => {
  const streams = new EventStreams();
  let opened: (stream: EventStream) => void = () => undefined;
  const untilOpened = new Promise<EventStream>((resolve) => {
    opened = resolve;
  });
  const server = createServer((_, response) => opened(streams.open(response)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, host: "127.0.0.1", agent: false }).end();
  const response = await new Promise<IncomingMessage>((resolve) => sent.once("response", resolve));
  response.pause();

  const stream = await untilOpened;
  const large = "x".repeat(64 * 1024);
  let taken = 0;
  while (stream.send("line", large)) taken++;
  for (let more = 0; more < 99; more++) expect(stream.send("line", large)).toBe(false);
  expect(stream.skipped).toBe(100);

  // The reader wakes up: once its backlog is gone, it hears how many it missed.
  let text = "";
  const untilTold = new Promise<void>((resolve) => {
    response.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (stream.skipped > 0) stream.send("line", "again");
      if (text.includes('data: "again"')) resolve();
    });
  });
  response.resume();
  await untilTold;
  const told = /event: skipped\ndata: (\d+)/.exec(text);
  expect(Number(told?.[1])).toBeGreaterThanOrEqual(100);
  expect(text.split(large).length - 1).toBe(taken);
  streams.close();
  await new Promise((resolve) => response.once("close", resolve));
  await new Promise((resolve) => server.close(resolve));
});
