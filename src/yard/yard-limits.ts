/** The figures the yard decides by: those of `contract/limits`, all in ms or counts. */
export interface YardLimits {
  readonly leaseSuspectMs: number;
  readonly leaseLostMs: number;
  readonly machineGoneMs: number;
  readonly offerMs: number;
  readonly offerBytesPerMs: number;
  readonly attempts: number;
  readonly prefillProgressMs: number;
  readonly decodeProgressMs: number;
  readonly queuedPerKey: number;
  readonly queuedPerSlot: number;
  readonly queuedAtLeast: number;
  readonly queueWaitMs: number;
  readonly backgroundWaitMs: number;
  readonly batchWaitMs: number;
  readonly backgroundTurns: number;
  readonly batchTurns: number;
  readonly batchIdleMs: number;
  readonly batchPatienceMs: number;
  readonly keySeenMs: number;
  readonly invitationShare: number;
  readonly invitationsPerSecond: number;
  readonly invitationsAtOnce: number;
  readonly loadWaitMs: number;
  readonly modelAbsentMs: number;
  readonly minimumPatienceMs: number;
  readonly hedgeMs: number;
  readonly hedgeShare: number;
  readonly hedgesAtOnce: number;
  readonly retryShare: number;
  readonly retriesAtOnce: number;
  readonly breakerFaults: number;
  readonly breakerWindowMs: number;
  readonly breakerOpenMs: number;
  readonly dropsPerHour: number;
  readonly suspects: number;
  readonly suspectMs: number;
}

export interface YardOptions {
  /** Figures that differ from `contract/limits`. */
  readonly limits?: Partial<YardLimits>;
}
