import { z } from 'zod';
export const FleetSpec = z.strictObject({});
export type FleetSpec = z.output<typeof FleetSpec>;
