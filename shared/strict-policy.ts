/** zod compiles its parsers by `eval` where it may; a strict Content-Security-Policy reports even the attempt. To be imported first. */
import { z } from 'zod';

z.config({ jitless: true });
