/**
 * The page in a real browser: every view loads clean in light and dark, works by keyboard, gives
 * orders, and says what is wrong when the system is away. Screenshots go to a directory that is
 * printed at the end.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ControlRefusedError } from "@ashlar/local";
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Page,
  type Request,
} from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TraceSummary } from "../src/traces/trace-store.ts";
import { type FakeConsole, fakeToken, openFakeConsole } from "./fixture/open-fake-console.ts";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let fake: FakeConsole;
let browser: Browser;
let shots: string;

beforeAll(async () => {
  shots = await mkdtemp(join(tmpdir(), "console-shots-"));
  fake = await openFakeConsole({ historyMs: 15 * 60_000 });
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: flags,
  });
});

afterAll(async () => {
  await browser.close();
  await fake[Symbol.asyncDispose]();
  console.log(`screenshots: ${shots}`);
});

let context: BrowserContext;
let page: Page;
/** Whatever the browser complained about, and every request beyond the console. */
let complaints: string[];

async function open(scheme: "light" | "dark", width = 1440, height = 900): Promise<void> {
  context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  const outward = (request: Request): string | undefined =>
    request.url().startsWith("data:") || request.url().startsWith(fake.url)
      ? undefined
      : `request to ${request.url()}`;
  page.on("request", (request) => {
    const found = outward(request);
    if (found !== undefined) complaints.push(found);
  });
  page.on("requestfailed", (request) => {
    // What the page's own policy has stopped never left the browser.
    const stopped = request.failure()?.errorText === "csp";
    if (stopped) complaints = complaints.filter((each) => each !== outward(request));
  });
  await page.goto(`${fake.url}/?token=${fakeToken}`);
  await page.getByRole("heading", { level: 1, name: "storefront" }).waitFor();
}

const close = (): Promise<void> => context.close();

async function goHome(): Promise<void> {
  complaints = [];
  await page.goto(`${fake.url}/`);
  await page.locator(".parts-table").waitFor();
}

async function pathOfTrace(query: string): Promise<string> {
  const answer = await page.request.get(`${fake.url}/api/traces?limit=1&${query}`);
  const { traces } = (await answer.json()) as { traces: TraceSummary[] };
  return `/traces/${traces[0]?.traceId}`;
}

const views: readonly (readonly [name: string, path: string, heading: RegExp, sign: string])[] = [
  ["overview", "/", /storefront/, ".parts-table tbody tr:nth-child(5)"],
  ["graph", "/graph", /Graph/, ".graph-node >> nth=8"],
  ["part", "/parts/orders", /orders/, ".plot-canvas canvas >> nth=7"],
  ["logs", "/logs", /Logs/, ".log-row >> nth=20"],
  ["traces", "/traces", /Traces/, ".trace-table tbody tr >> nth=20"],
  ["trace", "service=notifications", /POST/, ".span-line >> nth=10"],
  ["failed-trace", "errors=1", /POST/, ".span-error"],
  ["mailbox", "/mailbox", /Mailbox/, ".mail-frame"],
  ["events", "/events", /Events/, ".denials .advice"],
  ["plan", "/plan?search=orders-db", /Plan/, "mark >> nth=2"],
];

describe.for(["light", "dark"] as const)("in %s", (scheme) => {
  beforeAll(() => open(scheme));
  afterAll(close);

  test.for(views)("%s loads without a complaint", async ([name, path, heading, sign]) => {
    complaints = [];
    await page.goto(fake.url + (path.startsWith("/") ? path : await pathOfTrace(path)));
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await page.locator(sign).first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: join(shots, `${name}-${scheme}.png`) });
    expect(complaints).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });

  test("text stands out from its ground by 4.5 to 1 or more (WCAG AA)", async () => {
    for (const path of ["/", "/parts/orders", "/logs", "/events"]) {
      await page.goto(fake.url + path);
      await page.locator("h1").waitFor();
      await page.locator(".dot, .log-row").first().waitFor();
      expect(await page.evaluate(weakTexts), path).toEqual([]);
    }
  });
});

/** Runs in the page: texts whose contrast with what is painted behind them is below 4.5. */
function weakTexts(): string[] {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  const rgbOf = (color: string): readonly [number, number, number, number] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a];
  };
  const luminance = ([r, g, b]: readonly number[]): number => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((each = 0) => {
      const share = each / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const groundOf = (element: Element): readonly number[] => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const color = rgbOf(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  const weak = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() !== null) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent?.trim() ?? "";
    if (element === null || text === "" || element.closest("script,svg,noscript") !== null)
      continue;
    if (element.getClientRects().length === 0 || element.closest("[disabled]") !== null) continue;
    const [front, back] = [rgbOf(getComputedStyle(element).color), groundOf(element)].map(
      luminance,
    );
    const [high = 0, low = 0] = [front ?? 0, back ?? 0].toSorted((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) weak.add(`${text.slice(0, 30)} (${element.className}) ${ratio.toFixed(2)}`);
  }
  return [...weak];
}

describe("by keyboard", () => {
  beforeAll(() => open("light"));
  beforeEach(() => goHome());
  afterAll(close);

  test.for([
    ["g", "Graph"],
    ["l", "Logs"],
    ["t", "Traces"],
    ["m", "Mailbox"],
    ["e", "Events"],
    ["p", "Plan"],
  ] as const)("g %s opens %s", async ([key, heading]) => {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("/ goes to the search, and typing there jumps nowhere", async () => {
    await page.goto(`${fake.url}/logs`);
    await page.locator(".log-row").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("gotten mail sent");
    expect(new URL(page.url()).pathname).toBe("/logs");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.waitForURL(`${fake.url}/`);
  });

  test("? shows the help, Escape closes it", async () => {
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await help.waitFor();
    await page.screenshot({ path: join(shots, "help.png") });
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "hidden" });
  });

  test("Tab reaches the pages, then the orders; the focus can be seen", async () => {
    await page.keyboard.press("Tab");
    const names: string[] = [];
    for (let step = 0; step < 24; step++) {
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        const name = element?.getAttribute("aria-label") ?? element?.textContent ?? "";
        const outline = element === null ? "" : getComputedStyle(element).outlineStyle;
        return { name, outline };
      });
      names.push(focused.name);
      expect(focused.outline, focused.name).toBe("solid");
      await page.keyboard.press("Tab");
    }
    expect(names.slice(0, 3)).toEqual(["Overview", "Overview", "Graph"]);
    expect(names).toContain("Restart api");
  });

  test("arrow keys choose spans and fold them", async () => {
    await page.goto(fake.url + (await pathOfTrace("service=notifications")));
    const tree = page.getByRole("tree");
    await tree.focus();
    const before = await page.locator(".span-line").count();
    await page.keyboard.press("ArrowLeft");
    await page.locator(".span-line .chip").waitFor();
    expect(await page.locator(".span-line").count()).toBe(1);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator(".span-line").count()).toBe(before);
    await page.locator('.span-line:nth-child(2)[aria-selected="true"]').waitFor();
  });
});

describe("orders", () => {
  beforeAll(() => open("light"));
  afterAll(close);
  beforeEach(async () => {
    await goHome();
    fake.system.orders.length = 0;
  });

  test("nothing happens before it is confirmed", async () => {
    await page.getByRole("button", { name: "Stop orders" }).click();
    const dialog = page.getByRole("dialog", { name: "Stop orders?" });
    await dialog.waitFor();
    await page.screenshot({ path: join(shots, "confirm.png") });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(fake.system.orders).toEqual([]);
  });

  test("stop, then start, by keyboard alone", async () => {
    await page.getByRole("button", { name: "Stop users" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Stop users?" }).waitFor();
    await page.locator("dialog .danger:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("users stopped").waitFor();
    const row = page.locator(".parts-table tr", { hasText: "users" });
    await row.getByText("stopped", { exact: true }).waitFor();
    await page.screenshot({ path: join(shots, "stopped.png") });
    await row.getByRole("button", { name: "Start users" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
    await row.getByText("ready", { exact: true }).waitFor();
    expect(fake.system.orders).toEqual(["stop users", "start users"]);
  });

  test("scale asks for how many", async () => {
    await page.goto(`${fake.url}/parts/notifications`);
    await page.getByRole("button", { name: "Scale" }).click();
    await page.getByRole("button", { name: "More" }).click();
    await page.screenshot({ path: join(shots, "scale.png") });
    await page.getByRole("dialog").getByRole("button", { name: "Scale" }).click();
    await page.getByText("notifications scaled to 2").waitFor();
    await page.getByText("notifications-1").first().waitFor();
    expect(fake.system.orders).toEqual(["scale notifications 2"]);
  });

  test("kill of one replica; a refusal is told in the supervisor's words", async () => {
    await page.goto(`${fake.url}/parts/orders`);
    const kill = async (): Promise<void> => {
      await page.getByRole("button", { name: "Kill orders-1" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Kill" }).click();
    };
    fake.system.refusal = new ControlRefusedError(409, "PART_OPERATION", "orders is on its way");
    await kill();
    await page.locator(".toast.tone-bad", { hasText: "orders is on its way" }).waitFor();
    fake.system.refusal = undefined;
    await kill();
    await page.getByText("orders killed").waitFor();
    expect(fake.system.orders).toEqual(["kill orders 1 SIGKILL"]);
    await page.getByText("backing off").first().waitFor();
    await page.screenshot({ path: join(shots, "killed.png") });
    await fake.system.start("orders");
  });
});

describe("live", () => {
  beforeEach(() => open("light"));
  afterEach(close);

  test("logs follow, pause, are searched, and lead to their trace", async () => {
    await page.goto(`${fake.url}/logs`);
    await page.locator(".log-row").first().waitFor();
    fake.system.log({ ...lineNow(), text: "a line of this very test" });
    await page.getByText("a line of this very test").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    fake.system.write(3);
    await page.getByRole("button", { name: "Follow (3 new lines)" }).waitFor();
    await page.getByRole("textbox", { name: "Search" }).fill("very test");
    await page.getByText("1 line, the last").waitFor();
    await page.locator(".log-row").click();
    await page.getByRole("link", { name: "Open its trace" }).click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}$/);
    expect(complaints).toEqual([]);
  });

  function lineNow(): Parameters<FakeConsole["system"]["log"]>[0] {
    return {
      time: fake.system.now(),
      part: "orders",
      replica: 0,
      instance: "orders-0",
      stream: "stdout",
      level: "warn",
      text: "",
      fields: { traceId: fake.system.traceIds.at(-1) },
    };
  }

  test("only the visible lines of a long log are in the page", async () => {
    fake.system.write(3_000);
    await page.goto(`${fake.url}/logs`);
    await page.getByText("1000 lines").waitFor();
    expect(await page.locator(".log-row").count()).toBeLessThan(90);
  });

  test("a supervisor that goes away is told in a banner until it is back", async () => {
    fake.system.failure = new Error("connection refused");
    const banner = page.getByRole("alert");
    await banner.getByText("The supervisor does not answer").waitFor();
    await page.screenshot({ path: join(shots, "away.png") });
    fake.system.failure = undefined;
    await banner.waitFor({ state: "detached" });
  });

  test("a broken stream is told, and comes back by itself", async () => {
    fake.console.state.streams.close();
    await page.getByRole("alert").waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  test("a mail appears when it comes; its scripts do not run", async () => {
    await page.goto(`${fake.url}/mailbox`);
    await page.locator(".mail-item").first().waitFor();
    await fake.console.state.mailbox.receive(
      Buffer.from(
        [
          "Subject: Fresh",
          "Content-Type: text/html",
          "",
          '<p id="x">still</p><img src="http://example.invalid/t.png">',
          '<script>document.getElementById("x").textContent = "ran"</script>',
        ].join("\r\n"),
      ),
      { from: "a@x", to: ["late@example.com"] },
    );
    await page.locator(".mail-item", { hasText: "late@example.com" }).click();
    await page.frameLocator(".mail-frame").getByText("still").waitFor();
    // The browser says that it refused them: that is the one complaint wanted here.
    expect(complaints.filter((each) => !/sandboxed|Content Security Policy/.test(each))).toEqual(
      [],
    );
    const [{ id } = { id: "" }] = fake.console.state.mailbox.list({ to: "late@example.com" });
    fake.console.state.mailbox.remove(id);
  });

  test("the theme is toggled, kept over a reload, and never flashes", async () => {
    await page.keyboard.press("d");
    const shown = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await shown()).toBe("rgb(18, 18, 17)");
    const answer = await page.request.get(`${fake.url}/`);
    expect(await answer.text()).toContain('data-theme="dark"');
    await page.reload();
    expect(await shown()).toBe("rgb(18, 18, 17)");
  });

  test("without a session the page says how to sign in", async () => {
    await context.clearCookies();
    await page.goto(`${fake.url}/logs`);
    await page.getByText("ashlar open").waitFor();
    await page.screenshot({ path: join(shots, "closed.png") });
  });
});

describe("at 900 pixels", () => {
  beforeAll(() => open("light", 900, 800));
  afterAll(close);

  test.for(["/", "/graph", "/parts/orders", "/logs", "/traces", "/mailbox", "/events", "/plan"])(
    "%s fits without scrolling sideways",
    async (path) => {
      await page.goto(fake.url + path);
      await page.locator("h1").waitFor();
      const name = path === "/" ? "overview" : path.split("/")[1];
      await page.locator(".panel").first().waitFor();
      await page.screenshot({ path: join(shots, `${name}-900.png`) });
      const overflow = await page.evaluate(() =>
        [...document.querySelectorAll(".shell, .page, .table-scroll")].map((each) => [
          each.className,
          each.scrollWidth - each.clientWidth,
        ]),
      );
      expect(overflow.filter(([, by]) => Number(by) > 0)).toEqual([]);
    },
  );
});
