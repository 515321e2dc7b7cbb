/**
 * Light, dark, or as the system has it. A cookie remembers it, so that the server can render the
 * right one and nothing flashes.
 *
 * @module
 */
import { type Signal, signal } from "@preact/signals";

type Theme = "system" | "light" | "dark";

const systemDark = matchMedia("(prefers-color-scheme: dark)");

const theme: Signal<Theme> = signal(readTheme());

/** What is really shown. Plots are drawn anew when it changes. */
export const shownTheme: Signal<"light" | "dark"> = signal(shown());

systemDark.addEventListener("change", () => {
  shownTheme.value = shown();
});

function setTheme(next: Theme): void {
  theme.value = next;
  const root = document.documentElement;
  if (next === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = next;
  const age = next === "system" ? 0 : 31_536_000;
  document.cookie = `ashlar_theme=${next}; Path=/; Max-Age=${age}; SameSite=Strict`;
  shownTheme.value = shown();
}

/** From what is shown to the other; the third step is back to the system's. */
export function toggleTheme(): void {
  setTheme(shownTheme.value === "dark" ? "light" : "dark");
}

function readTheme(): Theme {
  const value = document.documentElement.dataset["theme"];
  return value === "light" || value === "dark" ? value : "system";
}

function shown(): "light" | "dark" {
  const value = readTheme();
  if (value !== "system") return value;
  return systemDark.matches ? "dark" : "light";
}

/** The resolved value of a colour token, for what draws on a canvas. */
export function colorValue(token: string): string {
  const probe = document.createElement("span");
  probe.style.color = token.startsWith("--") ? `var(${token})` : token;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}
