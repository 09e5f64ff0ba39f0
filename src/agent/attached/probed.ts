/** What the probe found a model at a server able to do. Kept by server, version and model; nothing here is a guess. */

export interface Probed {
  /** `native`: in `tool_calls`. `rescued`: in its text, read by us. `refused`: the server turns tools away. `unseen`: none came. */
  readonly tools: 'native' | 'rescued' | 'refused' | 'unseen';
  /** Two calls in one answer. */
  readonly parallel: 'yes' | 'unseen';
  /** A call where one is required. */
  readonly forced: 'yes' | 'no' | 'refused' | 'unknown';
  /** `switch`: it can be turned off. `always`: it cannot. `none`: no reasoning was seen. */
  readonly thinking: 'switch' | 'always' | 'none';
  /** `yes`: a picture changed what it answered or read. `no`: the server lists it as blind, refused one or dropped it. */
  readonly vision: 'yes' | 'no' | 'unknown';
  /** `no`: it ended with something else. `unseen`: it came to no end, which says nothing of the server. */
  readonly json: 'yes' | 'no' | 'refused' | 'unseen';
  /** A new request is served soon after one was left: the server notices. */
  readonly cancel: 'yes' | 'no' | 'unknown';
  readonly usage: 'with-cache' | 'without-cache' | 'none';
  /** Answers begin inside reasoning whose opening tag stands in the prompt. */
  readonly thinkingOpen: boolean;
}
