/** The simulated disk keeps the promises of `Disk`, so that what is shown on it holds for others. */
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { createRandom } from '../../shared/random.ts';
import { diskConformance } from './disk.ts';

diskConformance('simulated', async () => ({ disk: createSimulatedDisk({ random: createRandom(1) }), dispose: async () => undefined }));
