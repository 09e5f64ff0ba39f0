/** A prompt that turned out longer than a window. */

/** All in tokens. `tokens`: at least so many. `maximum`: what a prompt may hold in that window. */
export type Overflow = Readonly<Record<'tokens' | 'maximum' | 'window', number>>;

/** The least window that may hold what did not fit this one. */
export const beyond = ({ tokens, window }: Overflow): number => Math.max(tokens, window + 1);
