/** Imported by `ahead.ts`. */
process.stdout.write("imported\n");
