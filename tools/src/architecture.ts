/**
 * Draws the rooms and the arrows between them, from the imports that the code really makes.
 *
 * An arrow that follows from two others (a → b → c) is left out, so that the picture shows the
 * structure and not the transitive noise.
 *
 * @module
 */
import { importsOf, packageOf, type Room, readRooms, readSources } from "./workspace.ts";

const boxWidth = 132;
const boxHeight = 40;
const gapX = 22;
const gapY = 62;
const margin = 28;
const labelWidth = 96;

const layerTitles: Readonly<Record<number, string>> = {
  0: "ground",
  1: "pure core",
  2: "pure, upper",
  3: "runtimes",
  4: "adapters",
  5: "service kit",
  6: "programs",
  7: "systems",
};

/** The picture as an SVG document that reads well on light and dark pages. */
export function architectureSvg(): string {
  const rooms = readRooms().filter((room) => room.layer <= 7);
  const arrows = reduce(importArrows(rooms));
  const layers = [...new Set(rooms.map((room) => room.layer))].toSorted((a, b) => b - a);
  const widest = Math.max(...layers.map((layer) => rooms.filter((r) => r.layer === layer).length));
  const width = labelWidth + margin * 2 + widest * (boxWidth + gapX) - gapX;
  const height = margin * 2 + layers.length * (boxHeight + gapY) - gapY;
  const places = placeRooms(rooms, layers, width);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"`,
    `  aria-label="Rooms of Ashlar by layer, with their imports" font-family="system-ui, sans-serif">`,
    `<rect width="${width}" height="${height}" rx="12" fill="#f8fafc"/>`,
    ...layers.map((layer, row) => layerLabel(layer, row)),
    ...arrows.map(([from, to]) => arrowPath(places, from, to)),
    ...rooms.map((room) => roomBox(room, places)),
    "</svg>",
    "",
  ].join("\n");
}

type Arrow = readonly [from: string, to: string];
type Places = ReadonlyMap<string, { readonly x: number; readonly y: number }>;

function importArrows(rooms: readonly Room[]): readonly Arrow[] {
  const names = new Set(rooms.map((room) => room.name));
  return rooms.flatMap((room) => {
    const targets = readSources(room)
      .filter((file) => !file.isTest)
      .flatMap((file) => importsOf(file.text).map(packageOf))
      .filter((name) => names.has(name) && name !== room.name);
    return [...new Set(targets)].toSorted().map((target): Arrow => [room.name, target]);
  });
}

function reduce(arrows: readonly Arrow[]): readonly Arrow[] {
  const next = Map.groupBy(arrows, ([from]) => from);
  const reaches = (from: string, to: string): boolean =>
    (next.get(from) ?? []).some(([, middle]) => middle === to || reaches(middle, to));
  return arrows.filter(
    ([from, to]) => !(next.get(from) ?? []).some(([, m]) => m !== to && reaches(m, to)),
  );
}

function placeRooms(rooms: readonly Room[], layers: readonly number[], width: number): Places {
  const places = new Map<string, { x: number; y: number }>();
  for (const [row, layer] of layers.entries()) {
    const inLayer = rooms.filter((room) => room.layer === layer);
    const rowWidth = inLayer.length * (boxWidth + gapX) - gapX;
    const left = labelWidth + (width - labelWidth - rowWidth) / 2;
    for (const [column, room] of inLayer.entries()) {
      places.set(room.name, {
        x: Math.round(left + column * (boxWidth + gapX)),
        y: margin + row * (boxHeight + gapY),
      });
    }
  }
  return places;
}

function layerLabel(layer: number, row: number): string {
  const y = margin + row * (boxHeight + gapY) + boxHeight / 2 + 4;
  const title = layerTitles[layer] ?? "";
  return `<text x="${margin}" y="${y}" font-size="12" fill="#64748b">${layer} · ${title}</text>`;
}

function arrowPath(places: Places, from: string, to: string): string {
  const a = places.get(from);
  const b = places.get(to);
  if (a === undefined || b === undefined) return "";
  const x1 = a.x + boxWidth / 2;
  const y1 = a.y + boxHeight;
  const x2 = b.x + boxWidth / 2;
  const bend = (b.y - y1) / 2;
  const path = `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${b.y - bend} ${x2} ${b.y}`;
  return `<path d="${path}" fill="none" stroke="#94a3b8" stroke-width="1.2"/>`;
}

function roomBox(room: Room, places: Places): string {
  const at = places.get(room.name) ?? { x: 0, y: 0 };
  const [fill, stroke] = room.pure ? ["#ecfdf5", "#059669"] : ["#ffffff", "#334155"];
  const label = room.folder.replace(/^packages\//, "");
  return [
    `<g><title>${room.name}: ${room.summary}</title>`,
    `<rect x="${at.x}" y="${at.y}" width="${boxWidth}" height="${boxHeight}" rx="6"`,
    ` fill="${fill}" stroke="${stroke}"/>`,
    `<text x="${at.x + boxWidth / 2}" y="${at.y + 25}" text-anchor="middle" font-size="13"`,
    ` fill="#0f172a">${label}</text></g>`,
  ].join("");
}
