/**
 * Makes records for a credentials file: an API key (shown once), or the hash of a password.
 *
 * @module
 */
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { describeError } from "@ashlar/foundation";
import { hashPassword, issueApiKey } from "@ashlar/gateway";

const usage = `usage: issue-key --consumer NAME [--role R]… [--scope S]… [--expires-at-ms N]
       hash-password --user NAME [--consumer NAME] [--role R]… [--scope S]… < password
`;

/** @returns the exit code. */
export async function runCredentialsCommand(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        consumer: { type: "string" },
        user: { type: "string" },
        role: { type: "string", multiple: true, default: [] },
        scope: { type: "string", multiple: true, default: [] },
        "expires-at-ms": { type: "string" },
      },
    });
    const { consumer, user, role: roles, scope: scopes } = values;
    const expires = values["expires-at-ms"];
    if (positionals[0] === "issue-key" && consumer !== undefined) {
      const expiresAtMs = expires === undefined ? null : Number(expires);
      const issued = issueApiKey({ consumer, roles, scopes, expiresAtMs });
      process.stdout.write(`${JSON.stringify(issued, undefined, 2)}\n`);
      return 0;
    }
    if (positionals[0] === "hash-password" && user !== undefined) {
      const password = (await text(process.stdin)).replace(/\r?\n$/, "");
      const passwordHash = await hashPassword(password);
      const record = { user, passwordHash, consumer: consumer ?? user, roles, scopes };
      process.stdout.write(`${JSON.stringify({ record }, undefined, 2)}\n`);
      return 0;
    }
    process.stderr.write(usage);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n${usage}`);
  }
  return 2;
}
