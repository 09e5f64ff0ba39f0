/** Runs a command line; failures a person can put right are printed as one sentence. */
import { commandTree } from './command-tree.ts';

export async function run(argv: readonly string[]): Promise<void> {
  try {
    await commandTree().parseAsync(argv);
  } catch (error) {
    process.stderr.write(`metalyard: ${explain(error)}\n`);
    process.exitCode = 1;
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A stack is for errors nobody foresaw; those have no sentence of ours.
  const foreseen = error.name === 'CommandError' || error.constructor === Error;
  return foreseen ? error.message : (error.stack ?? error.message);
}
