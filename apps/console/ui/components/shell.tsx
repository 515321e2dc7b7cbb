/**
 * The frame around every page: side bar, banner, and the dialogs that any page may open.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatTime } from "../format.ts";
import { helpOpen, jumps } from "../keys.ts";
import { link, overview, parts } from "../live.ts";
import { EventsPage } from "../pages/events.tsx";
import { GraphPage } from "../pages/graph.tsx";
import { LogsPage } from "../pages/logs.tsx";
import { MailboxPage } from "../pages/mailbox.tsx";
import { OverviewPage } from "../pages/overview.tsx";
import { PartPage } from "../pages/part.tsx";
import { PlanPage } from "../pages/plan.tsx";
import { TracePage } from "../pages/trace.tsx";
import { TracesPage } from "../pages/traces.tsx";
import { section, segments } from "../router.ts";
import { shownTheme, toggleTheme } from "../theme.ts";
import { Icon, type IconName } from "./icons.tsx";
import { OrderDialog } from "./part-actions.tsx";
import { Toasts } from "./toasts.tsx";

export function Shell(): JSX.Element {
  const heading = section.value === "" ? "Overview" : section.value;
  useEffect(() => {
    const name = `${heading[0]?.toUpperCase()}${heading.slice(1)}`;
    document.title = `${segments.value[1] ?? name} · ${overview.value?.system ?? "Ashlar"}`;
  }, [heading, segments.value[1], overview.value?.system]);
  return (
    <div class="shell">
      <SideBar />
      <main class="main" id="main">
        <Banner />
        <Page />
      </main>
      <OrderDialog />
      <HelpDialog />
      <Toasts />
    </div>
  );
}

function Page(): JSX.Element {
  const [name = "", id] = segments.value;
  switch (name) {
    case "graph":
      return <GraphPage />;
    case "parts":
      return <PartPage key={id} name={id ?? ""} />;
    case "logs":
      return <LogsPage />;
    case "traces":
      return id === undefined ? <TracesPage /> : <TracePage key={id} id={id} />;
    case "mailbox":
      return <MailboxPage id={id} />;
    case "plan":
      return <PlanPage />;
    case "events":
      return <EventsPage />;
    default:
      return <OverviewPage />;
  }
}

const entries: readonly { readonly to: string; readonly name: string; readonly icon: IconName }[] =
  [
    { to: "/", name: "Overview", icon: "overview" },
    { to: "/graph", name: "Graph", icon: "graph" },
    { to: "/logs", name: "Logs", icon: "logs" },
    { to: "/traces", name: "Traces", icon: "traces" },
    { to: "/mailbox", name: "Mailbox", icon: "mailbox" },
    { to: "/events", name: "Events", icon: "events" },
    { to: "/plan", name: "Plan", icon: "plan" },
  ];

function SideBar(): JSX.Element {
  const here = section.value === "parts" ? "" : section.value;
  const dark = shownTheme.value === "dark";
  return (
    <nav class="side" aria-label="Pages">
      <a class="brand" href="/" title="Overview" aria-label="Overview">
        <img src="/assets/icon.svg" alt="" width="26" height="26" />
        <span>
          <strong>{overview.value?.system ?? "Ashlar"}</strong>
          <small>{overview.value?.environment ?? " "}</small>
        </span>
      </a>
      {entries.map(({ to, name, icon }) => (
        <a
          key={to}
          class="side-link"
          href={to}
          title={name}
          aria-current={to === `/${here}` ? "page" : undefined}
        >
          <Icon name={icon} />
          <span>{name}</span>
          <EntryCount page={to} />
        </a>
      ))}
      <div class="side-foot">
        <button type="button" class="side-link" title="Theme" onClick={toggleTheme}>
          <Icon name={dark ? "sun" : "moon"} />
          <span>{dark ? "Light theme" : "Dark theme"}</span>
        </button>
        <button
          type="button"
          class="side-link"
          title="Keyboard shortcuts"
          onClick={() => {
            helpOpen.value = true;
          }}
        >
          <Icon name="help" />
          <span>Shortcuts</span>
        </button>
      </div>
    </nav>
  );
}

function EntryCount({ page }: { page: string }): JSX.Element | null {
  if (page === "/mailbox") {
    const count = overview.value?.mails.count ?? 0;
    return count === 0 ? null : <b class="count">{count}</b>;
  }
  if (page === "/events") {
    const denials = parts.value.reduce((sum, each) => sum + each.denials, 0);
    if (denials === 0) return null;
    return (
      <b class="count alarm" title="Refused connections">
        {denials}
      </b>
    );
  }
  return null;
}

function Banner(): JSX.Element | null {
  const seen = overview.value?.connection;
  if (link.value === "closed") {
    return (
      <div class="banner" role="alert">
        <Icon name="shield" />
        This session has ended. Run <code>ashlar open</code> to sign in again.
      </div>
    );
  }
  if (link.value === "lost") {
    return (
      <div class="banner waiting" role="alert">
        <span class="dot tone-warn" />
        The console does not answer; connecting again. What you see is as of{" "}
        {formatTime(overview.value?.nowMs ?? Date.now())}.
      </div>
    );
  }
  if (seen !== undefined && !seen.connected && seen.reason !== "not asked yet") {
    return (
      <div class="banner waiting" role="alert">
        <span class="dot tone-warn" />
        <span>
          The supervisor does not answer ({seen.reason}).
          {seen.statusAtMs > 0 ? ` States are as of ${formatTime(seen.statusAtMs)}.` : ""}
        </span>
      </div>
    );
  }
  return null;
}

const otherKeys: readonly (readonly [string, string])[] = [
  ["/", "Search on this page"],
  ["d", "Light or dark"],
  ["f", "Follow logs"],
  ["↑ ↓", "Move in a list"],
  ["Enter", "Open"],
  ["Esc", "Close, leave a field"],
  ["?", "This help"],
];

function HelpDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      class="wide"
      aria-labelledby="help-title"
      onClose={() => {
        helpOpen.value = false;
      }}
    >
      <div class="dialog-body">
        <h2 id="help-title">Keyboard shortcuts</h2>
        <ul class="shortcuts">
          {jumps.map(({ key, name }) => (
            <li key={key}>
              {name}
              <span>
                <kbd>g</kbd>
                <kbd>{key}</kbd>
              </span>
            </li>
          ))}
          {otherKeys.map(([key, name]) => (
            <li key={key}>
              {name}
              <kbd>{key}</kbd>
            </li>
          ))}
        </ul>
      </div>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
