/**
 * Every limit a request or a link can meet, in one table. `docs/operations.md` prints it.
 * Sources: measured figures in the reliability notes; Anthropic's published size limits.
 */
export const limits = {
  /** Body of `/v1/messages` and `count_tokens`, bytes. Anthropic's own limit. */
  requestBodyBytes: 32 * 1024 * 1024,
  /** Bodies larger than this are parsed off the main loop, bytes (32 MB blocks it for 66 ms). */
  parseOnMainLoopBytes: 1024 * 1024,
  /**
   * Bodies up to this are parsed first and measured then, bytes: the worst that fits takes 10 to 20 ms to parse, and
   * a scan of its bytes would cost every other as much as parsing.
   */
  parseUnscannedBytes: 128 * 1024,
  /** Brackets open at once, found by a byte scan before larger bodies are parsed (5,000,000 of them cost 2.4 s). */
  bodyNesting: 64,
  /** JSON of the schemas an answer is held to, characters: more are looked at off the main loop (4 ms each 16 KB). */
  schemaCharsOnMainLoop: 16 * 1024,
  /** Object keys in a body, found by the same scan. The 100,000 messages the API allows have 200,000. */
  bodyKeys: 250_000,
  /** Members and items in a body, by the same scan: 1,000,000 empty lists cost 60 ms and 50 MB. */
  bodyValues: 1_000_000,
  /** Bodies with more keys than this are parsed off the main loop too: 10,000 distinct ones cost 10 ms. */
  parseOnMainLoopKeys: 10_000,
  /** Body bytes of all unanswered requests of one API key, and of all keys: what cannot be held is refused. */
  bodyBytesPerKey: 128 * 1024 * 1024,
  bodyBytesInAll: 512 * 1024 * 1024,
  /** A request's headers must have arrived after this long, its body too after that long, ms. */
  headersMs: 10_000,
  bodyMs: 60_000,
  /** Connections at once, links of machines apart: in all, and from one address that is not this computer. */
  connections: 5_000,
  connectionsPerAddress: 100,
  /**
   * Connections the system accepts for us while we are busy; it may allow fewer. Beyond it a fleet that comes back all at
   * once is not answered, and tries again after one, three and seven seconds.
   */
  connectionBacklog: 4_096,
  /** Connections whose first byte or TLS handshake is still to come, for ten seconds: in all, and of one address. */
  connectionsUnfinished: 2_000,
  connectionsUnfinishedPerAddress: 500,
  /** Machines linked at once, by WebSocket and by plain requests each; their connections do not count above. */
  links: 20_000,
  /**
   * Handshakes of links under way at once (so many that a round trip costs nobody time, so few that all are through in a
   * tenth of a second), of these from one address, and in line behind them: at 5 ms each, which is a slow computer, they wait half of
   * what an agent waits for an answer. The same again for machines that were let in before.
   */
  linkHandshakes: 64,
  linkHandshakesPerAddress: 48,
  linkLine: 1_000,
  /** Links by plain requests whose machine has not shown who it is; as many again of machines that were let in before. */
  linkStrangers: 1_000,
  /** Of one machine that was let in before: handshakes, in line, and links that are not proven again. */
  linkTriesPerMachine: 4,
  messages: 100_000,
  tools: 128,
  /** Those that are deferred until the model asks for them included. */
  toolsSent: 2_000,
  /** One tool's input schema, bytes of JSON. */
  toolSchemaBytes: 64 * 1024,
  /** Schema parts that are looked at for one grammar (references unfold): about 0.1 s of work. */
  schemaNodes: 20_000,
  /** One generation's grammar, bytes. */
  grammarBytes: 256 * 1024,
  /** Bounded repetitions in one grammar: the engine writes each of them out as a rule. */
  grammarRepetitions: 2_000,
  /** Pages of one PDF. Anthropic's own limit. */
  pdfPages: 600,
  /** Text taken from one PDF, characters: more than any window holds. */
  pdfTextChars: 8 * 1024 * 1024,
  /** Reading all PDFs of one request, ms (600 pages of plain text take one second). */
  pdfReadMs: 10_000,
  /** Memory that reading the PDFs of one request may take, MB (600 pages of plain text take 190). */
  pdfMemoryMb: 512,
  /** One picture, bytes. Anthropic's own limit, and those of its sides, pixels. */
  pictureBytes: 5 * 1024 * 1024,
  pictureSidePixels: 8_000,
  /** The side of each picture where a request has more than `fewPictures`, pixels. */
  pictureSideOfManyPixels: 2_000,
  fewPictures: 20,
  stopSequences: 16,
  stopSequenceChars: 256,
  /** `metadata.user_id`: Claude Code packs some 300 characters of JSON into it. */
  userIdChars: 4_096,
  /** Headers are held back until the first content or this long, ms. */
  holdHeadersMs: 10_000,
  /**
   * An answer that is not streamed is sent its status after this long, and a space every ping interval: Node's
   * fetch gives up after 300 s without headers, Claude Code's repeats too (decision 006), ms.
   */
  holdWholeAnswerMs: 240_000,
  /** From the 200 to `message_stop` the client never waits longer than this for an event, ms. */
  pingIntervalMs: 10_000,
  /** Unread output of one stream: above this its machine gets no more credit, and its engine pauses, bytes. */
  clientSoftBytes: 1024 * 1024,
  /** Unread output of one stream: above this the client is cut, bytes. */
  clientBufferBytes: 4 * 1024 * 1024,
  /** A client that reads nothing for this long is cut, ms. */
  clientStallMs: 30_000,
  /** One link message, bytes. A ticket carries a whole request, so this is above the body limit. */
  linkMessageBytes: 40 * 1024 * 1024,
  /** One message of a machine, bytes, and how deeply it may nest: whatever it has to say, it says in pieces. */
  agentMessageBytes: 8 * 1024 * 1024,
  agentMessageNesting: 64,
  /** Of an answer, for each token it may have, UTF-16 units: the longest tokens of any vocabulary, and a little more. */
  answerCharsPerToken: 256,
  /** The first message of a link, bytes: whoever sends it is not known yet. */
  linkHelloBytes: 16 * 1024,
  /** A WebSocket on which nothing has come for this long, nor was due, is pinged; after as long again it is given up, ms. */
  linkPingMs: 20_000,
  /** However far apart heartbeats are, it is pinged after this long, ms: the answer is there before a proxy has waited 60 s. */
  linkLatestPingMs: 45_000,
  /** Largest frame of a session, bytes: what is longer is cut, so that nothing urgent waits behind it (decision 016). */
  linkFrameBytes: 64 * 1024,
  /** Largest frame of a session that is taken, bytes: other versions cut their messages to other lengths. */
  linkTakenFrameBytes: 1024 * 1024,
  /** Data on its way and not confirmed, bytes: on a slow line a cancel waits behind it (decision 016). */
  linkWindowBytes: 1024 * 1024,
  /** Output of one answer on its way and not taken: text in UTF-16 units, and the events that carry it. */
  streamCreditChars: 64 * 1024,
  streamCreditDeltas: 256,
  /** Text an agent gathers for an answer that has no credit before its engine pauses, UTF-16 units. */
  streamGatherChars: 64 * 1024,
  /** What a gateway remembers of an answer it is showing: ids of its tokens, and its blocks. Longer ones do not go on elsewhere. */
  journalTokens: 8_192,
  journalBlocks: 1_024,
  /** Frames an agent keeps for a gateway that cannot be reached, bytes: more ends the session. */
  sessionHeldBytes: 8 * 1024 * 1024,
  /**
   * An agent whose connection is gone, or whose heartbeat is not confirmed, lets its engines work on for this long and
   * keeps its session for that long, from then, ms: a gateway that stands still for a while finds everything. Where heartbeats
   * are further apart than `heartbeatMs`, the session is kept longer by that factor.
   */
  sessionPauseMs: 10_000,
  sessionHoldMs: 30_000,
  /** Agent to gateway, ms; the gateway may tell another figure in `welcome`. */
  heartbeatMs: 5_000,
  /** Up or down, where a gateway tells no moments; a shift of a moment is no larger. */
  heartbeatJitter: 0.2,
  /** Heartbeats of all machines together, 2 or 3 % of a core: a larger fleet is told to beat less often. */
  heartbeatsPerSecond: 400,
  /** No frame for this long: nothing new is offered to the machine, ms. */
  leaseSuspectMs: 7_500,
  /** No frame for this long: the machine's tickets move elsewhere or fail, ms. */
  leaseLostMs: 15_000,
  /** A machine that is linked by plain HTTP requests may be silent for so many times as long. */
  httpLeaseFactor: 2,
  /** After a start of the gateway its machines are on their way back: an unknown model may be one of theirs, ms. */
  restartGraceMs: 30_000,
  /** A request waits so long for them before it is told to come again, ms. */
  restartWaitMs: 8_000,
  /** A lost machine is remembered for this long, so that its models are still known by name, ms. */
  machineGoneMs: 120_000,
  /** `count_tokens` calls a machine has in hand; Claude Code sends 24 at once. */
  countsPerMachine: 128,
  /** Of one key so many are asked of machines at once, and so many more wait for their turn in the gateway. */
  countsPerKey: 8,
  countsWaitingPerKey: 512,
  /** A machine has this long to count a prompt, ms: rendering and tokenizing 100,000 tokens takes well under a second. */
  countMs: 15_000,
  /** No machine serves the model: requests wait this long for one to come back (an agent restart), ms. */
  modelAbsentMs: 5_000,
  /**
   * A model that is to stay loaded on so many machines is loaded on too few: one that is away may come back within this
   * time, before another one is asked to load it, ms.
   */
  minimumPatienceMs: 15_000,
  /** The most machines a model may be kept loaded on by `metalyard models min`: each is looked at with every step. */
  minimumMachines: 100,
  /** An offer not answered in this time is withdrawn, ms. */
  offerMs: 5_000,
  /** A body is on its way for a while: an offer, and the second one, has a ms more for each so many bytes (4 Mbit/s). */
  offerBytesPerMs: 500,
  /** An offer unanswered for this long is made to a second machine too; the first to accept has it, ms. */
  hedgeMs: 500,
  /** Second offers per request, in the long run, and how many may come at once. */
  hedgeShare: 0.05,
  hedgesAtOnce: 10,
  /** Tries per request, the first included. */
  attempts: 3,
  /** Tries after an engine's fault per request of a key, in the long run, and how many may come at once. */
  retryShare: 0.1,
  retriesAtOnce: 20,
  /** So many faults of a machine within this time, and others are preferred for that long, ms. */
  breakerFaults: 3,
  breakerWindowMs: 60_000,
  breakerOpenMs: 30_000,
  /** A machine whose link was lost more often than this within an hour is used when no other serves the model. */
  dropsPerHour: 5,
  /** Requests under which an engine crashed are remembered: so many, for so long, ms. */
  suspects: 256,
  suspectMs: 3_600_000,
  /** No prefill progress for this long fails the attempt, ms. */
  prefillProgressMs: 30_000,
  /** No token for this long while decoding fails the attempt, ms. */
  decodeProgressMs: 30_000,
  /** Requests waiting for one model: of one key, and of all keys for each slot; the least those may be in all. */
  queuedPerKey: 32,
  queuedPerSlot: 10,
  queuedAtLeast: 64,
  /** Longest wait in the queue before 504, when the client tells no patience of its own: by class, ms. */
  queueWaitMs: 60_000,
  backgroundWaitMs: 300_000,
  batchWaitMs: 3_600_000,
  /** One of so many turns is a background request's while such wait; batch's, once one has waited too long. */
  backgroundTurns: 4,
  batchTurns: 8,
  /** Batch takes slots nobody else came for in this time, ms; what has waited that long is batch's turn by right. */
  batchIdleMs: 2_000,
  batchPatienceMs: 600_000,
  /** The last free slots are left to other keys that asked, or were answered, within this time, ms: a person reads for that long. */
  keySeenMs: 60_000,
  /** Of those turned away, how many of a key are asked to come back: per request, per second, and at once. */
  invitationShare: 0.15,
  invitationsPerSecond: 0.25,
  invitationsAtOnce: 30,
  /** Longest wait for a model that is being loaded, ms: forty gigabytes from a plain SSD take two minutes. */
  loadWaitMs: 300_000,
  /** Nothing tells a client to stay away for longer, ms: SDKs obey any figure. */
  retryAfterCapMs: 30_000,
  /** The longest wait for a limit of the key's own that is told as one, ms: a budget that stays empty for longer is a 402. */
  rateLimitRetryCapMs: 60_000,
  /** The answer always keeps room for this many tokens (or an eighth of the window). */
  answerRoomTokens: 4_096,
} as const;
