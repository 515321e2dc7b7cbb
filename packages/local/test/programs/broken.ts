/** A program that cannot start: what it says on the way out is what its owner needs to see. */
process.stderr.write("USERS_DB_URL is not set\n");
process.exit(1);
