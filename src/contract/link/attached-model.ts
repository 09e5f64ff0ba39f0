/** What a machine tells of a model at a server that runs already (`MachineModel.attached`). For display; nothing is decided by it. */
import { type Static, Type } from 'typebox';

export const AttachedModelSchema = Type.Object({
  /** For people: "llama-server b6123". */
  server: Type.String(),
  /** False: the first request loads it. */
  loaded: Type.Boolean(),
  /** Whether prompts are counted by the server, or guessed by the agent. */
  counting: Type.Union([Type.Literal('exact'), Type.Literal('estimated')]),
  /** Whether the server says how much of a prompt was cached; otherwise 0 is reported. */
  cacheReporting: Type.Union([Type.Literal('reported'), Type.Literal('none')]),
  /** Where `window` comes from: allocated now, the owner's wish, what it will be loaded with, or nobody told. */
  windowFrom: Type.Union([
    Type.Literal('loaded'),
    Type.Literal('owner'),
    Type.Literal('chosen'),
    Type.Literal('assumed'),
  ]),
  /** What a probe found, by capability; absent while it has not been probed. */
  probe: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type AttachedModel = Static<typeof AttachedModelSchema>;
