import { en } from 'zod/locales';
import * as z from 'zod/mini';

/*
 * zod/mini has no texts of its own: without these, an error that a schema does not word itself says "Invalid input" only, not what was expected.
 * (Not `z.locales.en`: it brings the texts of all languages along.)
 */
z.config(en());
