/**
 * Writes the table of rooms.
 *
 * @module
 */
import { readRooms } from "./workspace.ts";

/** docs/reference/rooms.md */
export function roomTable(): string {
  const rows = readRooms().map((room) => {
    const arrows = room.dependencies.filter((name) => name.startsWith("@ashlar/"));
    const imports = arrows.map((name) => name.replace("@ashlar/", "")).join(", ");
    const kind = room.pure ? "pure" : "";
    return `| ${room.layer} | [${room.folder}](../../${room.folder}) | ${kind} | ${room.summary} | ${imports} |`;
  });
  return [
    "# Rooms",
    "",
    "A room imports only rooms of a smaller layer. Generated from the manifests by `npm run docs`.",
    "",
    "| layer | room | | what lives there | imports |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
