/** Runs Debian's ruby-fog-rackspace, unmodified, against `lutra serve` and its simulated identity. Ends with its exit code. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startServe } from '../cli-serve-process.ts';

const serve = await startServe('--auth', 'keystone');
const script = join(import.meta.dirname, 'fog-auto-scale.rb');
const { status, error } = spawnSync('ruby', ['-W0', script, `${serve.cloud}/v2.0`], { stdio: 'inherit', timeout: 180_000 });
serve.kill();
if (error !== undefined) console.error(error.message);
process.exitCode = status ?? 1;
