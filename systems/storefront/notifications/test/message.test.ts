import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Message, renderHtml, renderText, subjectOf } from "../message.ts";

const head = {
  shopName: "Shop & Co",
  shopUrl: "https://shop.test",
  locale: "en",
  greeting: "Hello,",
  signature: "Us",
};

const message = (text: string): Message => ({
  title: text,
  summary: text,
  blocks: [
    { kind: "text", text },
    { kind: "table", rows: [{ label: text, value: text }] },
    { kind: "code", label: text, code: text },
    { kind: "link", label: text, url: text },
  ],
});

/** The tags of a page, in order. */
const tagsOf = (html: string): readonly string[] =>
  [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""'));

const plainTags = tagsOf(renderHtml(message("plain"), head));

test("MG1: no value can open a tag or leave an attribute", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc
          .array(fc.constantFrom("<", ">", '"', "'", "&", "<script>", "</p>", "&lt;", "\n", "x"))
          .map((each) => each.join("")),
      ),
      (text) => {
        expect(tagsOf(renderHtml(message(text), head))).toEqual(plainTags);
      },
    ),
  );
});

test.for(["javascript:alert(1)", "data:text/html,x", "not a url", "file:///etc/passwd"])(
  "MG2: a link to %j leads nowhere",
  (url) => {
    const html = renderHtml(
      { title: "t", summary: "s", blocks: [{ kind: "link", label: "l", url }] },
      head,
    );
    expect(html).toContain('href="#"');
    expect(html).not.toContain(url.split(":")[0] === "not a url" ? url : `href="${url}`);
  },
);

test("MG3: a subject is one line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // oxlint-disable-next-line no-control-regex -- these are what must not pass
      expect(subjectOf(message(text))).not.toMatch(/[\u0000-\u001f\u007f]/);
    }),
  );
  expect(subjectOf(message("Order\r\nBcc: everyone@example.com"))).toBe(
    "Order Bcc: everyone@example.com",
  );
});

test("the text form holds the same in plain words", () => {
  const text = renderText(
    {
      title: "t",
      summary: "s",
      blocks: [
        { kind: "text", text: "It is <ready>." },
        { kind: "table", rows: [{ label: "Total", value: "€1" }] },
        { kind: "link", label: "Look", url: "https://shop.test/a" },
      ],
    },
    head,
  );
  expect(text).toBe(
    "Hello,\n\nIt is <ready>.\n\n  Total: €1\n\nLook: https://shop.test/a\n\nUs\nhttps://shop.test\n",
  );
});
