/** Imported before any schema: zod would otherwise try whether it may compile code, which the page's policy reports as a violation. */
import { z } from 'zod';

z.config({ jitless: true });
