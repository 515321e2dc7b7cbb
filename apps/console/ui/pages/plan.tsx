/**
 * The Plan as it is: every default applied, folded, searched.
 *
 * @module
 */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getJson } from "../api.ts";
import { Empty, SearchField } from "../components/basics.tsx";
import { Icon } from "../components/icons.tsx";
import { matchingPaths, PlanTree } from "../components/plan-tree.tsx";
import { tell } from "../components/toasts.tsx";
import { plural } from "../format.ts";
import { query, setQuery } from "../router.ts";

type Json = Readonly<Record<string, unknown>>;

export function PlanPage(): JSX.Element {
  const [plan, setPlan] = useState<Json | "none">();
  const search = query.value.get("search") ?? "";
  useEffect(() => {
    getJson<Json>("/api/plan")
      .then(setPlan)
      .catch(() => setPlan("none"));
  }, []);
  const found = useMemo(
    () => (plan === undefined || plan === "none" ? new Set<string>() : matchingPaths(plan, search)),
    [plan, search],
  );
  if (plan === undefined) return <div class="page" aria-busy="true" />;
  if (plan === "none") {
    return (
      <div class="page">
        <Empty icon="plan" title="The Plan is not here">
          <p>The supervisor has not answered yet. This page asks again when it is opened anew.</p>
        </Empty>
      </div>
    );
  }
  return (
    <div class="page fixed">
      <header class="page-head">
        <h1>Plan</h1>
        <SearchField
          label="Search names and values"
          value={search}
          onInput={(text) => setQuery({ search: text })}
        />
        <span class="muted" aria-live="polite">
          {search === "" ? "" : plural(found.size, "match")}
        </span>
        <span class="grow" />
        <button type="button" class="button" onClick={() => void copy(plan)}>
          <Icon name="copy" size={14} />
          Copy JSON
        </button>
      </header>
      <section class="panel plan" aria-label="Plan">
        {search !== "" && found.size === 0 ? (
          <Empty icon="search" title="Nothing fits">
            <p>Names and values of the Plan are searched, whatever their case.</p>
          </Empty>
        ) : (
          <PlanTree key={search} value={plan} found={found} search={search} />
        )}
      </section>
    </div>
  );
}

async function copy(plan: Json): Promise<void> {
  await navigator.clipboard.writeText(JSON.stringify(plan, null, 2));
  tell("good", "The Plan is in the clipboard");
}
