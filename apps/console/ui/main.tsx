/**
 * The page's beginning: joins keyboard, links and the live stream, and shows the shell.
 *
 * @module
 */
import { render } from "preact";
import { Shell } from "./components/shell.tsx";
import { listenToKeys } from "./keys.ts";
import { openLive } from "./live.ts";
import { followLinks } from "./router.ts";
import "uplot/dist/uPlot.min.css";
import "./base.css";
import "./shell.css";
import "./overview.css";
import "./part.css";
import "./streams.css";
import "./records.css";
import "./narrow.css";

const root = document.querySelector("#app");
if (root !== null) {
  followLinks();
  listenToKeys();
  openLive();
  render(<Shell />, root);
}
