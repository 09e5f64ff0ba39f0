/** How often what the faults are meant to bring about came about. */
export interface Seen {
  /** Machines suspected or lost by the yard. */
  suspicions: number;
  /** Sessions begun, and connections after which one went on. */
  sessions: number;
  resumptions: number;
}
