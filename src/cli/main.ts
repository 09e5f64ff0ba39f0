#!/usr/bin/env node
/**
 * Where `metalyard` starts. Nothing is imported before the version of Node is known to do: an older
 * one fails on the first import with a message that helps nobody.
 */
const lowestNode = [22, 23];

const parts = process.versions.node.split('.').map(Number);
const tooOld = (parts[0] ?? 0) < 22 || (parts[0] === 22 && (parts[1] ?? 0) < 23);
if (tooOld) {
  process.stderr.write(
    `metalyard: this is Node ${process.versions.node}; ${lowestNode.join('.')} or newer is needed. ` +
      'Install a current Node (24 is a good choice) and try again.\n',
  );
  process.exit(1);
}

// Node 22 calls its SQLite experimental, at every start; the store checks what matters itself.
const emitWarning = process.emitWarning;
process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
  if (!String(warning).includes('SQLite is an experimental feature'))
    Reflect.apply(emitWarning, process, [warning, ...rest]);
}) as typeof emitWarning;

const { run } = await import('./run.ts');
await run(process.argv);
