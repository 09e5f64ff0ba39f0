/** The table of capabilities with the clients the repository has: fetch and the present Anthropic SDK. */
import { localClients } from '../clients/capabilities/local-clients.ts';
import { runTable } from '../clients/capabilities/run-table.ts';

runTable(localClients);
