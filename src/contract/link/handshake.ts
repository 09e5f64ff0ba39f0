/** What is said before there is a session: the gateway's challenge, the machine's proof, and whether it is let in. */
import { type Static, Type } from 'typebox';

const Count = Type.Integer({ minimum: 0 });
export const HeartbeatMs = Type.Integer({ minimum: 100 });
/** Frames of a session that have arrived here: control and data lane. */
const ReceivedSchema = Type.Object({ c: Count, d: Count });

export const ChallengeSchema = Type.Object({
  type: Type.Literal('challenge'),
  gatewayId: Type.String(),
  /** Rises with every start of the gateway. */
  epoch: Count,
  /** 32 random bytes, base64url: the agent signs it. */
  nonce: Type.String(),
  /** What the gateway's clock says, epoch ms: for people, who are told of clocks that are wrong. Older gateways tell none. */
  clockMs: Type.Optional(Type.Integer()),
});
/** Where a gateway of the yard is found. An agent may hold sessions with several of them. */
export const GatewayPlaceSchema = Type.Object({
  gatewayId: Type.String(),
  /** Base addresses for machines, the best first. None: where the agent has reached it already. */
  urls: Type.Array(Type.String()),
});
export type GatewayPlace = Static<typeof GatewayPlaceSchema>;
export const WelcomeSchema = Type.Object({
  type: Type.Literal('welcome'),
  protocol: Type.Integer(),
  gatewayId: Type.String(),
  epoch: Count,
  sessionId: Type.String(),
  /** The session of `hello.resume` goes on, from these frames of the agent; otherwise this is a new one. */
  resumed: Type.Optional(ReceivedSchema),
  heartbeatMs: HeartbeatMs,
  /** Of a new session: the first heartbeat comes so long after this, and the others each `heartbeatMs` after it. */
  beatInMs: Type.Optional(Count),
  maxMessageBytes: Type.Integer({ minimum: 1024 }),
  /** Longest payload of a frame the gateway takes, bytes: the agent cuts its messages to it. Older gateways take ours. */
  maxFrameBytes: Type.Optional(Type.Integer({ minimum: 1024 })),
  /** It says `keep`, and takes it back. Absent: an older gateway, for which nothing is kept, whatever another one said. */
  keeps: Type.Optional(Type.Boolean()),
  /** All gateways of the yard, the one that speaks included. The agent keeps the list. Older gateways tell none. */
  gateways: Type.Optional(Type.Array(GatewayPlaceSchema)),
  /** The same again, and how long ago `hello` had arrived: by that the agent measures how far the clocks are apart. */
  clock: Type.Optional(Type.Object({ clockMs: Type.Integer(), tookMs: Count })),
  /** To be shown when the machine dials again: those that were let in before do not wait behind strangers. */
  pass: Type.Optional(Type.String({ maxLength: 256 })),
});
export type RefusalReason =
  | 'unknown-machine'
  /** It waits to be approved. */
  | 'pending'
  | 'bad-signature'
  | 'protocol'
  /** What it says cannot be read here. */
  | 'malformed'
  /** Another program with its key is linked and at work. Only said to agents that tell `program`. */
  | 'already-connected';
export const RefusedSchema = Type.Object({
  type: Type.Literal('refused'),
  /** A newer gateway may have others: they are refusals too. */
  reason: Type.Unsafe<RefusalReason>(Type.String({ maxLength: 64 })),
  /** A sentence for the machine's owner. */
  message: Type.String(),
});
export const HelloSchema = Type.Object({
  type: Type.Literal('hello'),
  /** [lowest, highest] version the agent speaks. */
  protocol: Type.Tuple([Type.Integer(), Type.Integer()]),
  agentVersion: Type.String(),
  machineId: Type.String(),
  /** For people; chosen by the owner, the host name by default. */
  name: Type.String({ maxLength: 128 }),
  /** Ed25519 public key, SPKI DER, base64url. */
  publicKey: Type.String({ maxLength: 256 }),
  /** Over `metalyard-link-1\n<gatewayId>\n<epoch>\n<nonce>\n<machineId>`, base64url. */
  signature: Type.String({ maxLength: 256 }),
  /** Random, of this start of the agent: another program with the same key has another one. Older agents tell none. */
  program: Type.Optional(Type.String({ maxLength: 64 })),
  /** The session that lost its connection, and the gateway's frames that have arrived. */
  resume: Type.Optional(Type.Object({ sessionId: Type.String(), received: ReceivedSchema })),
});
