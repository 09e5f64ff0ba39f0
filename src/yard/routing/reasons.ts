/** Why a machine does not get a request: named, counted, and said in a sentence. */

/** Of the machine or its model, whatever the request. */
export type StandingReason =
  | 'silent'
  | 'held'
  | 'pressed'
  /** A finding is in the way. */
  | 'forbidden'
  | 'draining'
  | 'unavailable'
  | 'loading'
  /** On disk there, and not loaded. */
  | 'available'
  /** Loaded, and to be unloaded for another model once it is idle. */
  | 'giving-way'
  | 'failed'
  /** Serving, and every slot is taken. */
  | 'full';

/** Of this request on this machine. */
export type UnsuitableReason =
  | 'window'
  | 'no-tools'
  | 'no-schemas'
  | 'no-vision'
  | 'other-machine'
  | 'label'
  /** Its key may not use it. */
  | 'key-machine'
  | 'key-label'
  | 'not-trusted'
  /** It failed at this very request; used when no other is left. */
  | 'failed-before'
  /** Its breaker is open; used when no other serves the model. */
  | 'failing'
  /** Something is known to be wrong with it; used when all others are full. */
  | 'doubtful';

export type Reason = StandingReason | UnsuitableReason;

/** What is seen of a machine with this reason: `${name} ${sentence}`. */
export const reasonText: Readonly<Record<Reason, string>> = {
  silent: 'was not heard in time',
  held: 'is kept from new work',
  pressed: 'is short of memory',
  forbidden: 'is kept from it by a finding (metalyard doctor says what to do)',
  draining: 'is draining',
  unavailable: 'said that it cannot serve the model now',
  loading: 'is loading the model',
  available: 'has the model on disk and not loaded',
  'giving-way': 'makes room for another model',
  failed: 'could not load the model',
  full: 'has every slot taken',
  window: 'has too small a window for the prompt',
  'no-tools': 'cannot offer tools to the model',
  'no-schemas': 'cannot hold the model to a schema',
  'no-vision': 'cannot show pictures to the model',
  'other-machine': 'is not the machine that was asked for',
  label: 'lacks a label that was asked for',
  'key-machine': 'is not among the machines of this key',
  'key-label': 'lacks a label that this key needs',
  'not-trusted': 'is not labelled trusted, as this key needs it',
  'failed-before': 'failed at this request already',
  failing: 'failed often a moment ago',
  doubtful: 'has findings or an unsteady link',
};
