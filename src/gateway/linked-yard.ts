/** The yard as `metalyard status` shows it: with how each machine is linked. */
import type { YardState } from '../yard/step.ts';
import { viewYard } from '../yard/view.ts';
import type { MachineSession } from './machine-links.ts';

/** `link` is null for a machine that is lost. */
export function viewLinkedYard(yard: YardState, sessions: readonly MachineSession[]) {
  const byMachine = new Map(sessions.map((session) => [session.machineId, session]));
  const view = viewYard(yard);
  const machines = view.machines.map((machine) => {
    const session = byMachine.get(machine.machineId);
    return { ...machine, link: session === undefined ? null : viewLink(session) };
  });
  return { ...view, machines };
}

function viewLink({ agentVersion, way, heartbeatMs, link }: MachineSession) {
  return { agentVersion, way, heartbeatMs, isAttached: link.isAttached, unknownMessages: link.unknownMessages };
}
