/** An edge that trusts the certificate that its environment names (NODE_EXTRA_CA_CERTS, read as a process starts): one round over TLS. */
import { createHttpCheckpoints } from '../../client/edge/http-checkpoints.ts';
import { connectSocketLink } from '../../client/edge/socket-link.ts';
import { asTaskId } from '../../shared/ids.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { openHandEdge, toyReport } from './hand-edge.ts';

const [url, token] = process.argv.slice(2);
const { signal } = new AbortController();
const link = await connectSocketLink(url, signal);
const hand = await openHandEdge(link, { token });
await hand.checkIn(asTaskId('line'));
const { assignment, checkpoint } = await hand.nextAssign();
const base = decodeCheckpoint(await createHttpCheckpoints(url).fetch(checkpoint.digest, checkpoint.bytes, signal)).parameters.values;
const { outcome } = await hand.report(assignment, toyReport(assignment, [0.5, -0.25]));
link.close();
process.send?.({ base: [...base], outcome });
