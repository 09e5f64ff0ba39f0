/** How a machine asks to be let in, over HTTP and before there is a link. */
import { type Static, Type } from 'typebox';

/** Where. */
export const joinPath = '/metalyard/join';

/** What a machine is called: no control characters, which a terminal would obey. */
export const MachineNameSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
});

/** Words that stand for a rule where machines or labels are listed (`keys set --machines all`): nothing is called so. */
export const listWords: readonly string[] = ['all', 'none'];

/** What a machine can be asked for by, in lists with commas: none in it, and no spaces around it. */
export const MachineLabelSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern:
    '^(?!(all|none)$)[^\\s\\u0000-\\u001f\\u007f-\\u009f,]([^\\u0000-\\u001f\\u007f-\\u009f,]*[^\\s\\u0000-\\u001f\\u007f-\\u009f,])?$',
});

export const JoinRequestSchema = Type.Object({
  /** From the join line. */
  token: Type.String({ maxLength: 128 }),
  machineId: Type.String({ maxLength: 64 }),
  name: MachineNameSchema,
  /** Ed25519 public key, SPKI DER, base64url. */
  publicKey: Type.String({ maxLength: 256 }),
  /** Over `joinProof`, base64url: whoever joins has the key. */
  signature: Type.String({ maxLength: 256 }),
});
export type JoinRequest = Static<typeof JoinRequestSchema>;

export const JoinAnswerSchema = Type.Object({
  gatewayId: Type.String(),
  /** `pending`: a person has to approve the machine first. */
  standing: Type.Union([Type.Literal('approved'), Type.Literal('pending')]),
  /** What the machine is called there: another may have had its name. Absent in answers of older gateways. */
  name: Type.Optional(Type.String()),
});
export type JoinAnswer = Static<typeof JoinAnswerSchema>;

/** The text a machine signs to join. A token is short-lived and used up, so it serves as the nonce. */
export function joinProof({ token, machineId, name }: Pick<JoinRequest, 'token' | 'machineId' | 'name'>): string {
  return `metalyard-join-1\n${token}\n${machineId}\n${name}`;
}
