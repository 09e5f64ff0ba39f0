/** `joined-gateway.json` in the data directory: the gateway this machine has joined, and how it is known. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const JoinedGatewaySchema = Type.Object({
  url: Type.String(),
  /** What it calls itself. */
  gatewayId: Type.Optional(Type.String()),
  /** What this machine was called there when it joined. */
  name: Type.Optional(Type.String()),
  /** PEM; see `Trust`. */
  pinned: Type.Optional(Type.String()),
  authorities: Type.Optional(Type.String()),
});
export type JoinedGateway = Static<typeof JoinedGatewaySchema>;

/** Throws where it could not be written. Nothing is changed. */
export function requireWritableJoinedGateway(file: string): void {
  // It is renamed into its place, which nothing but a file may have.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${file} is no file`);
  writeFileSync(`${file}.new`, '', { mode: 0o600, flush: true });
  rmSync(`${file}.new`);
}

export function writeJoinedGateway(file: string, joined: JoinedGateway): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(joined, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** Undefined when this machine has joined none. */
export function readJoinedGateway(file: string): JoinedGateway | undefined {
  try {
    const joined: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Value.Check(JoinedGatewaySchema, joined) ? joined : undefined;
  } catch {
    return undefined;
  }
}
