/**
 * `metalyard doctor --client [name]`: what is wrong with how a client is set up on this computer. Reads what the client
 * would read and asks the server it would ask; changes nothing and shows no secret. Exit status 0 when nothing was
 * found, 1 when something was, 2 when nothing was and not everything could be checked.
 */
import { setupsOf, setupsThatAre } from '../client-doctor/all-setups.ts';
import { examine } from '../client-doctor/examine.ts';
import { exitStatus, reportText } from '../client-doctor/report.ts';
import { thisComputer } from '../client-doctor/world.ts';
import type { Client } from '../client-settings.ts';
import { coloured, plain } from '../doctor/paint.ts';
import { commandLine } from '../package-files.ts';
import { openScreen } from '../screen.ts';

export interface ClientDoctorFlags {
  readonly dataDir: string;
  /** `true`: every program that is set up for a server of its own. */
  readonly client: Client | true;
  readonly json?: boolean;
}

const couldNotCheck = 2;

export async function doctorClient(flags: ClientDoctorFlags): Promise<void> {
  try {
    await run(flags);
  } catch (error) {
    process.stderr.write(`metalyard doctor: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = couldNotCheck;
  }
}

async function run({ dataDir, client, json }: ClientDoctorFlags): Promise<void> {
  const world = thisComputer();
  const setups = client === true ? setupsThatAre(world) : setupsOf(client, world);
  const circumstances = {
    platform: world.platform,
    commandLine: (rest: string) => commandLine(rest, dataDir),
  };
  const diagnoses = await Promise.all(setups.map((setup) => examine(setup, circumstances)));
  const paint = openScreen().colour ? coloured : plain;
  process.stdout.write(json ? `${JSON.stringify({ clients: diagnoses }, null, 2)}\n` : reportText(diagnoses, paint));
  process.exitCode = exitStatus(diagnoses);
}
