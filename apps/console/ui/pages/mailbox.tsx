/**
 * The mail that the system sent: a list, and one mail as its reader would see it.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Mail, MailSummary } from "../../src/mail/mailbox.ts";
import { getJson, queryOf, sendDelete } from "../api.ts";
import { Empty, IconButton, SearchField, Segments } from "../components/basics.tsx";
import { Icon } from "../components/icons.tsx";
import { tell } from "../components/toasts.tsx";
import { formatBytes, formatDateTime, formatTime, plural } from "../format.ts";
import { overview } from "../live.ts";
import { navigate, query, setQuery } from "../router.ts";

interface MailboxAnswer {
  readonly mails: readonly MailSummary[];
}

export function MailboxPage({ id }: { id: string | undefined }): JSX.Element {
  const search = query.value.get("search") ?? "";
  const [mails, setMails] = useState<readonly MailSummary[]>();
  const received = overview.value?.mails.received;
  const count = overview.value?.mails.count;
  useEffect(() => {
    const gone = new AbortController();
    getJson<MailboxAnswer>(`/api/mailbox${queryOf({ search })}`, gone.signal)
      .then((answer) => setMails(answer.mails))
      .catch(() => undefined);
    return () => gone.abort();
  }, [search, received, count]);
  const shown = id ?? mails?.[0]?.id;
  return (
    <div class="page fixed">
      <header class="page-head">
        <h1>Mailbox</h1>
        <span class="muted">Caught on this machine; nothing is ever delivered</span>
        <span class="grow" />
        <SearchField
          label="Search subject, people, text"
          value={search}
          onInput={(text) => setQuery({ search: text })}
        />
        <button
          type="button"
          class="button"
          disabled={(count ?? 0) === 0}
          onClick={() => void removeAll()}
        >
          <Icon name="trash" size={14} />
          Empty
        </button>
      </header>
      {mails === undefined ? (
        <div aria-busy="true" />
      ) : mails.length === 0 ? (
        <NoMail filtered={search !== ""} />
      ) : (
        <div class="mail-pane">
          <MailList mails={mails} shown={shown} search={search} />
          {shown === undefined ? null : <Reader key={shown} id={shown} />}
        </div>
      )}
    </div>
  );
}

async function removeAll(): Promise<void> {
  await sendDelete("/api/mailbox");
  navigate("/mailbox", "replace");
  tell("good", "The mailbox is empty");
}

function NoMail({ filtered }: { filtered: boolean }): JSX.Element {
  return filtered ? (
    <Empty icon="search" title="No mail fits">
      <p>Search for a part of the subject, an address, or a word of the text.</p>
    </Empty>
  ) : (
    <Empty icon="mailbox" title="No mail yet">
      <p>
        Mail to an external with <code>local: "mailbox"</code> lands here. A part finds its address
        in the variable that its use names, for example <code>SMTP_URL</code>.
      </p>
    </Empty>
  );
}

function MailList(props: {
  mails: readonly MailSummary[];
  shown: string | undefined;
  search: string;
}): JSX.Element {
  const { mails, shown, search } = props;
  const open = (mail: MailSummary | undefined): void => {
    if (mail !== undefined) navigate(`/mailbox/${mail.id}${queryOf({ search })}`, "replace");
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    open(mails[mails.findIndex((each) => each.id === shown) + step]);
  };
  return (
    <section class="panel mail-list" aria-label={plural(mails.length, "mail")}>
      <div role="listbox" tabIndex={0} aria-label="Mails" onKeyDown={onKeyDown}>
        {mails.map((mail) => (
          // The list itself takes the keys.
          <div
            key={mail.id}
            class={`mail-item${mail.id === shown ? " chosen" : ""}`}
            role="option"
            aria-selected={mail.id === shown}
            onClick={() => open(mail)}
          >
            <span class="mail-line">
              <span class="strong ellipsis">{mail.to.join(", ")}</span>
              <time class="muted">{formatTime(mail.receivedMs)}</time>
            </span>
            <span class="mail-line">
              <span class="ellipsis">{mail.subject === "" ? "(no subject)" : mail.subject}</span>
              {mail.copies > 1 ? (
                <span class="badge tone-warn" title="The same mail arrived more than once">
                  ×{mail.copies}
                </span>
              ) : null}
            </span>
            <span class="muted ellipsis">{mail.preview}</span>
          </div>
        ))}
      </div>
    </section>
  );
}

const views = [
  { value: "html", text: "HTML" },
  { value: "text", text: "Text" },
  { value: "raw", text: "Source" },
] as const;

type View = (typeof views)[number]["value"];

function Reader({ id }: { id: string }): JSX.Element {
  const [mail, setMail] = useState<Mail | "gone">();
  const [view, setView] = useState<View>("html");
  useEffect(() => {
    getJson<Mail>(`/api/mailbox/${id}`)
      .then(setMail)
      .catch(() => setMail("gone"));
  }, [id]);
  if (mail === undefined) return <section class="panel mail-reader" aria-busy="true" />;
  if (mail === "gone") {
    return (
      <section class="panel mail-reader">
        <Empty icon="mailbox" title="This mail is not here any more" />
      </section>
    );
  }
  const shown = view === "html" && mail.html === null ? "text" : view;
  return (
    <article class="panel mail-reader" aria-label={mail.subject}>
      <header class="mail-head">
        <div class="mail-line">
          <h2 class="grow">{mail.subject === "" ? "(no subject)" : mail.subject}</h2>
          <Segments
            label="Form"
            value={shown}
            options={views.filter((each) => each.value !== "html" || mail.html !== null)}
            onChange={setView}
          />
          <IconButton icon="trash" label="Delete this mail" onClick={() => void remove(id)} />
        </div>
        <dl class="pairs">
          <dt>From</dt>
          <dd>
            {mail.from?.name} <span class="muted">{mail.from?.address}</span>
          </dd>
          <dt>To</dt>
          <dd>{mail.to.join(", ")}</dd>
          <dt>Arrived</dt>
          <dd>
            {formatDateTime(mail.receivedMs)}{" "}
            <span class="muted">
              {formatBytes(mail.bytes)}
              {mail.copies > 1 ? `, ${mail.copies} times` : ""}
            </span>
          </dd>
          {mail.files.length === 0 ? null : (
            <>
              <dt>Attached</dt>
              <dd>
                {mail.files.map((file) => `${file.name} (${formatBytes(file.bytes)})`).join(", ")}
              </dd>
            </>
          )}
        </dl>
      </header>
      {shown === "html" ? (
        <iframe
          class="mail-frame"
          title="Mail as its reader sees it"
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          src={`/api/mailbox/${id}/html`}
        />
      ) : (
        // A scrolled region must be reachable by keys.
        <pre class="mail-text" tabIndex={0}>
          {shown === "raw" ? mail.raw : mail.text}
        </pre>
      )}
    </article>
  );
}

async function remove(id: string): Promise<void> {
  await sendDelete(`/api/mailbox/${id}`);
  navigate("/mailbox", "replace");
}
