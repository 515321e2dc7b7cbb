/**
 * Which methods a path has, to tell "no such path" from "not with this method".
 *
 * Fastify's router looks up a method and a path together; this table is asked only for requests
 * that it did not find.
 *
 * @module
 */

interface KnownPath {
  readonly matches: RegExp;
  readonly methods: Set<string>;
}

export class RouteTable {
  readonly #paths = new Map<string, KnownPath>();

  /** @param pattern a path as Fastify takes it: `/orders/:id`, `/files/*`. */
  add(methods: string | readonly string[], pattern: string): void {
    const known = this.#paths.get(pattern) ?? { matches: patternOf(pattern), methods: new Set() };
    for (const method of [methods].flat()) known.methods.add(method.toUpperCase());
    this.#paths.set(pattern, known);
  }

  /**
   * The methods that `path` (without a query) may be asked with, sorted; none for an unknown path.
   */
  methodsOf(path: string): readonly string[] {
    const methods = [...this.#paths.values()]
      .filter((each) => each.matches.test(path))
      .flatMap((each) => [...each.methods]);
    return [...new Set(methods)].toSorted();
  }
}

function patternOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll("::", "\0")
    .split(/(:\w+(?:\([^)]*\))?\??|\*)/)
    .map((piece) => {
      if (piece === "*") return ".*";
      return piece.startsWith(":") ? "[^/]+" : RegExp.escape(piece);
    })
    .join("")
    .replaceAll(RegExp.escape("\0"), ":");
  return new RegExp(`^${source}$`);
}
