export type { Pipe, PipeHearer } from '../../session/pipe.ts';
