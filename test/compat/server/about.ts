/** What the scripted server is made of. */

export const theKey = 'sk-compat-right';
export const theModel = 'scripted-1';
/** Another name that is served: so that a list has pages. */
export const otherModel = 'scripted-2';
/** Tokens. Small enough to be overfilled in a test. */
export const windowTokens = 2_000;
export const bodyLimitBytes = 32 * 1024 * 1024;
