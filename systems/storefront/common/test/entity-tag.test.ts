import { expect, test } from "vitest";
import { requireMatch } from "../entity-tag.ts";
import { IfMatchInvalidError, VersionStaleError } from "../errors.ts";

test.for([undefined, "*", '"7"', '"6", "7"', 'W/"x", "7"'])("version 7 passes %j", (ifMatch) => {
  expect(() => requireMatch(ifMatch, 7)).not.toThrow();
});

test.for(['"6"', 'W/"7"', '"70"'])("version 7 is stale for %j", (ifMatch) => {
  expect(() => requireMatch(ifMatch, 7)).toThrow(VersionStaleError);
});

test.for(["7", "", '"7', "'7'", '"7" "8"'])("%j is no entity tag", (ifMatch) => {
  expect(() => requireMatch(ifMatch, 7)).toThrow(IfMatchInvalidError);
});
