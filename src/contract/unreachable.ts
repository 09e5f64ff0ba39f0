/** Ends an exhaustive `switch`: a new member of the union fails type-checking here. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
