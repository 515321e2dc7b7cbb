/**
 * Namespaces: where parts live together under one security level and one network boundary.
 *
 * @module
 */

export interface Namespace<Name extends string = string> {
  readonly type: "namespace";
  readonly name: Name;
}

export interface NamespaceOptions {
  /** Free word for what lives there: `application`, `storage`, `network`. Default `application`. */
  readonly tier?: string;
}

/**
 * A namespace. Its pod security level is computed: the strictest that all of its pods can meet.
 * A system that declares none has one with the system's own name.
 */
export function namespace<const Name extends string>(
  name: Name,
  options: NamespaceOptions = {},
): Namespace<Name> {
  return { type: "namespace", name, ...options };
}
