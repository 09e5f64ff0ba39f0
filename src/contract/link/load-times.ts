import { type Static, Type } from 'typebox';

const Count = Type.Integer({ minimum: 0 });

/**
 * How long loads of a model took on its machine, ms, as measured there: the latest of each kind. A first one reads the disk, and
 * may compile for the GPU; later ones find both done.
 */
export const LoadTimesSchema = Type.Object({
  /** The first since the machine started, or since the model's file or the GPU's driver changed. Absent: none was measured. */
  firstMs: Type.Optional(Count),
  /** Absent: none was measured. */
  laterMs: Type.Optional(Count),
  /** Which of them the next one is; while it loads, this one. */
  next: Type.Union([Type.Literal('first'), Type.Literal('later')]),
});
export type LoadTimes = Static<typeof LoadTimesSchema>;
