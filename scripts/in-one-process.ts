/** Files of tests in one process, because a process per file costs more than the tests themselves: arguments are the files. */
import { pathToFileURL } from 'node:url';

// One that cannot be loaded ends the process with its error; `node --test --test-isolation=none` takes some for empty.
for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href);
