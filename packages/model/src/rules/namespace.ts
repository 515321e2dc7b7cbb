/**
 * Namespaces: everything lives in one that exists, and no part lowers the guard of another.
 *
 * @module
 */
import { find } from "../assemble/directory.ts";
import type { Resolved } from "../assemble/plan.ts";
import type { PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

export function checkNamespaces(resolved: Resolved, faults: Faults): void {
  const { draft, directory, parts } = resolved;
  const names = [...directory.namespaces.keys()];
  const drafts = parts.map((part) => part.draft);
  for (const { path, namespace, name } of [...drafts, ...draft.stores, ...draft.streams]) {
    const place = `${path}.namespace`;
    if (namespace !== null) {
      find(directory.namespaces, namespace, { path: place, what: "namespace", faults });
    } else if (names.length > 1) {
      faults.report({
        code: "NAMESPACE_AMBIGUOUS",
        path: place,
        value: name,
        expected: `one of ${names.join(", ")}`,
        problem: "is missing, and the system has several namespaces",
      });
    }
  }
  for (const { namespace, path } of draft.secrets) {
    const place = `${path}.namespace`;
    if (namespace !== null) {
      find(directory.namespaces, namespace, { path: place, what: "namespace", faults });
    }
  }
  for (const part of drafts) {
    if (part.daemon?.hostNetwork === true) checkHostNetwork(part, drafts, faults);
  }
}

const hostNetworkCheck = "pod-security/host-network";

function checkHostNetwork(part: PartDraft, parts: readonly PartDraft[], faults: Faults): void {
  const path = `${part.path}.hostNetwork`;
  if (!part.waivers.some((waiver) => waiver.check === hostNetworkCheck)) {
    faults.report({
      code: "HOST_NETWORK_UNWAIVED",
      path,
      value: true,
      expected: `a waiver of "${hostNetworkCheck}" with its reason`,
      problem: "the machine's own network is nothing that a restricted namespace allows",
    });
  }
  const guarded = parts.find(
    (other) => other.namespace === part.namespace && other.daemon?.hostNetwork !== true,
  );
  if (guarded === undefined) return;
  faults.report({
    code: "NAMESPACE_MIXED",
    path,
    value: part.namespace ?? "",
    expected: "a namespace of its own",
    problem: `it would make the namespace of "${guarded.name}" privileged`,
  });
}
