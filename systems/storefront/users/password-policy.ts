/**
 * Which passwords are accepted: long enough, not known to everybody, not the owner's own name.
 * Composition rules are left out on purpose (NIST SP 800-63B section 3.1.1.2).
 *
 * @module
 */

const passwordCharsMin = 10;
/** Bounds the work of hashing; far above what people type. */
export const passwordCharsMax = 256;

const wellKnown: ReadonlySet<string> = new Set([
  "0123456789",
  "0987654321",
  "1111111111",
  "1234567890",
  "12345678910",
  "1q2w3e4r5t",
  "1q2w3e4r5t6y",
  "abcd123456",
  "aaaaaaaaaa",
  "changeme123",
  "iloveyou123",
  "letmein123",
  "liverpool1",
  "password01",
  "password10",
  "password12",
  "password123",
  "password1234",
  "passwordpassword",
  "qwerty12345",
  "qwerty123456",
  "qwertyuiop",
  "qwertyuiop123",
  "welcome123",
  "zaq12wsxcde3",
]);

/** Why a password is refused, or undefined where it is fine. */
export function passwordFault(
  password: string,
  owner: { readonly email: string; readonly name: string },
): string | undefined {
  const length = Array.from(password).length;
  if (length < passwordCharsMin) return `has ${length} characters; at least ${passwordCharsMin}`;
  if (password.length > passwordCharsMax) return `is longer than ${passwordCharsMax} characters`;
  const plain = password.toLowerCase();
  if (wellKnown.has(plain)) return "is among the first that anybody tries";
  if (new Set(plain).size < 4) return "repeats too few different characters";
  const own = [owner.email, owner.email.split("@")[0] ?? "", owner.name];
  if (own.some((each) => each.toLowerCase() === plain)) return "is the account's own name";
  return undefined;
}
