/** Writes the pages that are made from the code: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { faultPage } from '@lutra/simulator';

writeFileSync(new URL('../docs/faults.md', import.meta.url), faultPage());
