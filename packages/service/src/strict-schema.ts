/**
 * Makes a zod schema refuse fields that it does not name, at every level.
 *
 * zod's `z.object` drops unknown fields in silence, so a client that misspells an optional field is
 * told nothing. Routes are compiled from the strict form, whichever way they were written.
 *
 * - SK5  A field of a body or query that the schema does not name is refused and named. Only an
 *        object that says `.loose()` or `.catchall(…)` takes more.
 *
 * @module
 */
import { $ZodNever, type $ZodType, type $ZodTypes, clone } from "zod/v4/core";

/** The same schema with every plain object strict. */
export function strictSchema(schema: $ZodType): $ZodType {
  return strict(schema, new Map());
}

/** @param done the schemas under way or made, for schemas that refer to themselves. */
function strict(schema: $ZodType, done: Map<$ZodType, $ZodType>): $ZodType {
  const known = done.get(schema);
  if (known !== undefined) return known;
  const made = rebuild(schema, (inner) => strict(inner, done));
  done.set(schema, made);
  return made;
}

type Rebuild = (inner: $ZodType) => $ZodType;

function rebuild(schema: $ZodType, again: Rebuild): $ZodType {
  const { def } = (schema as $ZodTypes)._zod;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- only these hold others
  switch (def.type) {
    case "object": {
      const catchall = def.catchall ?? new $ZodNever({ type: "never" });
      return clone(schema, { ...def, shape: lazyShape(def.shape, again), catchall } as typeof def);
    }
    case "array":
      return clone(schema, { ...def, element: again(def.element) } as typeof def);
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "readonly":
    case "catch": {
      const wrapped = { ...def, innerType: again(def.innerType) };
      return clone(schema, wrapped);
    }
    case "union":
      return clone(schema, { ...def, options: def.options.map(again) } as typeof def);
    case "tuple": {
      const items = def.items.map(again);
      const rest = def.rest === null ? null : again(def.rest);
      return clone(schema, { ...def, items, rest } as unknown as typeof def);
    }
    case "record":
      return clone(schema, { ...def, valueType: again(def.valueType) } as typeof def);
    case "pipe":
      return clone(schema, { ...def, in: again(def.in) } as typeof def);
    case "lazy": {
      const { getter } = def;
      return clone(schema, { ...def, getter: () => again(getter()) } as typeof def);
    }
    default:
      // Scalars have no fields. Of an intersection neither side names all of them: it stays as it
      // is.
      return schema;
  }
}

/** Fields are rebuilt when they are first read, because a field may refer to its own object. */
function lazyShape(shape: Readonly<Record<string, $ZodType>>, again: Rebuild): object {
  const lazy = {};
  for (const name of Object.keys(shape)) {
    Object.defineProperty(lazy, name, {
      enumerable: true,
      get: () => again(shape[name] as $ZodType),
    });
  }
  return lazy;
}
