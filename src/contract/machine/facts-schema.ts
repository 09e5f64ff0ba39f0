/**
 * Facts on the wire. A newer agent may know facts and reasons that this build does not: names are not
 * checked, values only for what every fact has. Whoever reads a value must bear another shape.
 */
import { Type } from 'typebox';
import type { Facts } from './facts.ts';

const Source = Type.String({ maxLength: 1_000 });

export const FactSchema = Type.Union([
  Type.Object({ known: Type.Literal(true), value: Type.Unknown(), source: Source }),
  Type.Object({
    known: Type.Literal(false),
    reason: Type.String({ maxLength: 64 }),
    detail: Type.String({ maxLength: 1_000 }),
    source: Type.Optional(Source),
  }),
]);

export const FactsSchema = Type.Unsafe<Facts>(Type.Record(Type.String(), FactSchema, { maxProperties: 1_000 }));
