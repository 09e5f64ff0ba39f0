/**
 * What one output of nvidia-smi says, whatever its form. The forms name the same things differently;
 * here they carry the names of `--query-gpu`.
 */
export interface SmiReport {
  readonly driver?: string;
  readonly cuda?: string;
  /** Version of the tool itself. Under WSL it belongs to the Linux stub and differs from the driver's. */
  readonly tool?: string;
  readonly gpus: readonly SmiCells[];
  readonly mig: readonly SmiMig[];
}

/** Values as printed, by their name in `--query-gpu`. */
export type SmiCells = Readonly<Record<string, string>>;

export interface SmiMig {
  /** Index of the GPU it is a part of. */
  readonly gpu: number;
  readonly index: number;
  readonly instance?: string;
  readonly uuid?: string;
  readonly name?: string;
  readonly total?: string;
}

/** Old drivers say `clocks_throttle_reasons`. */
export const currentName = (name: string): string => name.replace('clocks_throttle_reasons', 'clocks_event_reasons');

/** Slowdowns that cost speed. A software power cap is normal at full load. */
export const slowdowns = ['hw_slowdown', 'hw_thermal_slowdown', 'hw_power_brake_slowdown', 'sw_thermal_slowdown'];
