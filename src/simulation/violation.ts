/** A rule of the simulation is broken; the sentence says which. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
