/** On which machines the requests of a key may run. Set by `metalyard keys set`; each that is set must be met. */
export interface KeyPlaces {
  /** One of these, by id: names are not theirs alone, and may change. Null: any. */
  readonly machines: readonly string[] | null;
  /** With all of these labels. */
  readonly labels: readonly string[];
  /** Only machines that their yard's owner labelled `trusted`: who owns a machine can read what runs there. */
  readonly trustedOnly: boolean;
}

/** Of a key whose owner has set nothing. */
export const anyPlace: KeyPlaces = { machines: null, labels: [], trustedOnly: false };

/** Whether these rules rule anything out. */
export const isAnyPlace = ({ machines, labels, trustedOnly }: KeyPlaces): boolean =>
  machines === null && labels.length === 0 && !trustedOnly;
