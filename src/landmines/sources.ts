/** Where a landmine is known from. Facts were taken from these, not words. */

export interface Source {
  readonly title: string;
  /** As exactly as it is known: `2026`, `2026-08`, `2026-08-22`. */
  readonly date: string;
  readonly url?: string;
  /**
   * `vendor`: documents and sources of who makes it; `thread`: public reports; `capture`: outputs of real
   * machines kept beside our probes; `measured`: seen by us; `unverified`: widely said, not checked by us.
   */
  readonly kind: 'vendor' | 'thread' | 'capture' | 'measured' | 'unverified';
}

export const vendor = (title: string, date: string): Source => ({ kind: 'vendor', title, date });
/** An issue or pull request on GitHub. */
export const thread = (repository: string, number: number, date: string): Source => ({
  kind: 'thread',
  title: `${repository} #${number}`,
  date,
  url: `https://github.com/${repository}/issues/${number}`,
});
export const capture = (what: string, date: string): Source => ({ kind: 'capture', title: what, date });
export const measured = (what: string, date: string): Source => ({ kind: 'measured', title: what, date });
export const unverified = (what: string): Source => ({ kind: 'unverified', title: what, date: '2026' });
