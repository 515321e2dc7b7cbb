/**
 * Line icons, 16 units square, drawn for this page.
 *
 * @module
 */
import type { JSX } from "preact";

const paths = {
  overview: "M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5h-4.5zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5h-4.5z",
  graph:
    "M2 6.2h3.6v3.6h-3.6zM10.4 2h3.6v3.6h-3.6zM10.4 10.4h3.6v3.6h-3.6z" +
    "M5.6 8h2.4v-4.2h2.4M8 8v4.2h2.4",
  logs: "M2.5 3.5h11M2.5 6.5h7.5M2.5 9.5h11M2.5 12.5h5",
  traces: "M2 3.5h7M4.5 6.5h6M7 9.5h4M9 12.5h5",
  mailbox: "M2 3.5h12v9h-12zM2.3 4l5.7 4.8 5.7-4.8",
  events: "M2 8h2.6l1.8-4.6 3 9.2 1.9-4.6h2.7",
  plan: "M4 2h5.5l2.5 2.5v9.5h-8zM9.3 2v2.8h2.7M6 8h4M6 10.7h4",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.3 10.3l3.2 3.2",
  sun:
    "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3" +
    "M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13.2 9.6a5.6 5.6 0 1 1-6.8-6.8a4.6 4.6 0 0 0 6.8 6.8z",
  help:
    "M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4" +
    "M6.2 6.3a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.2M8 11.3v.2",
  restart: "M13 8a5 5 0 1 1-1.5-3.5M13 2.3v2.7h-2.7",
  stop: "M4 4h8v8h-8z",
  start: "M4.8 3l7.7 5-7.7 5z",
  scale: "M6.5 9.5l-4 4M2.5 10.3v3.2h3.2M9.5 6.5l4-4M10.3 2.5h3.2v3.2",
  kill: "M9 1.8l-5 7.2h4l-1 5.2 5-7.2h-4z",
  open: "M6.5 3.5h-3v9h9v-3M9.5 2.5h4v4M13.3 2.7l-5.8 5.8",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M8 3v10M4 9l4 4 4-4",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  chevron: "M6 4l4 4-4 4",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.3 4.5l.6 9h6.2l.6-9",
  shield: "M8 1.8l5 1.9v4c0 3.2-2 5.4-5 6.5-3-1.1-5-3.3-5-6.5v-4z",
  store: "M3 4c0-2.4 10-2.4 10 0v8c0 2.4-10 2.4-10 0zM3 4c0 2.4 10 2.4 10 0M3 8c0 2.4 10 2.4 10 0",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
