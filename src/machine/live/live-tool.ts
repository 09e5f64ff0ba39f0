import type { Facts } from '../../contract/machine/facts.ts';
import type { LineTool } from './line-tool.ts';

/** A tool that keeps running, and what its last words mean. */
export interface LiveTool {
  readonly facts: Facts;
  readonly tool: LineTool;
  /** It only waits to be told, which costs nothing: it may stay while the machine is idle on battery. */
  readonly waits: boolean;
}
