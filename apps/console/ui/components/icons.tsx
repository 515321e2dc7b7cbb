/**
 * Line icons, 16 units square, drawn for this page.
 *
 * @module
 */
import type { JSX } from "preact";

const paths = {
  overview: "M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5h-4.5zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5h-4.5z",
  graph:
    "M2 6.2h3.6v3.6h-3.6zM10.4 2h3.6v3.6h-3.6zM10.4 10.4h3.6v3.6h-3.6zM5.6 8h2.4v-4.2h2.4M8 8v4.2h2.4",
  logs: "M2.5 3.5h11M2.5 6.5h7.5M2.5 9.5h11M2.5 12.5h5",
  traces: "M2 3.5h7M4.5 6.5h6M7 9.5h4M9 12.5h5",
  mailbox: "M2 3.5h12v9h-12zM2.3 4l5.7 4.8 5.7-4.8",
  events: "M2 8h2.6l1.8-4.6 3 9.2 1.9-4.6h2.7",
  plan: "M4 2h5.5l2.5 2.5v9.500h-8zM9.300 2v2.800h2.700M6 8h4M6 10.700h4",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9M10.300 10.300l3.200 3.200",
  sun: "M8 5.200a2.800 2.800 0 1 0 0 5.600a2.800 2.800 0 1 0 0-5.600M8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9",
  moon: "M13.200 9.600a5.600 5.600 0 1 1-6.800-6.800a4.600 4.600 0 0 0 6.800 6.800z",
  help: "M8 1.800a6.200 6.200 0 1 0 0 12.400a6.200 6.200 0 1 0 0-12.400M6.200 6.300a1.900 1.900 0 1 1 2.600 1.800c-.6.2-.8.6-.8 1.200M8 11.300v.2",
  restart: "M13 8a5 5 0 1 1-1.500-3.500M13 2.300v2.700h-2.700",
  stop: "M4 4h8v8h-8z",
  start: "M4.800 3l7.700 5-7.700 5z",
  scale: "M6.500 9.500l-4 4M2.500 10.300v3.200h3.200M9.500 6.500l4-4M10.300 2.500h3.200v3.200",
  kill: "M9 1.800l-5 7.200h4l-1 5.200 5-7.200h-4z",
  open: "M6.500 3.500h-3v9h9v-3M9.500 2.500h4v4M13.300 2.700l-5.800 5.800",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M8 3v10M4 9l4 4 4-4",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  chevron: "M6 4l4 4-4 4",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  trash: "M3 4.500h10M6.500 4.500v-2h3v2M4.300 4.500l.6 9h6.200l.6-9",
  shield: "M8 1.800l5 1.900v4c0 3.200-2 5.400-5 6.500-3-1.100-5-3.300-5-6.500v-4z",
  store:
    "M3 4c0-2.400 10-2.400 10 0v8c0 2.400-10 2.400-10 0zM3 4c0 2.400 10 2.400 10 0M3 8c0 2.400 10 2.400 10 0",
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
