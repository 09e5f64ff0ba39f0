/** Something the person at the terminal can put right: printed without a stack, exit status 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
