/** `lutra stop-all` and `lutra resume-all`: an operator's hand on the brake of all hosts. */
import { type Clock, longestReason } from '@lutra/core';
import type { Command } from 'commander';
import { addHostFlags, askHost, type HostFlags } from './asking-host.ts';
import { CliError } from './cli-error.ts';

/** Adds `lutra stop-all`. */
export function addStopAll(program: Command, clock: Clock): void {
  const command = program
    .command('stop-all')
    .summary('stop every write to the cloud, on all hosts')
    .description(
      'Stops all hosts that share a store, whichever of them is asked: within a second no write to the cloud starts, until lutra resume-all. Commands are accepted and groups are watched meanwhile. Holds over restarts. A repeat is harmless.',
    )
    .option('--reason <text>', 'why, for other operators; a repeat with a reason replaces the one before');
  addHostFlags(command).action(async ({ reason, ...flags }: HostFlags & { readonly reason?: string }) => {
    if (reason !== undefined && (reason === '' || [...reason].length > longestReason))
      throw new CliError(2, `stop-all: --reason must have 1 to ${longestReason} characters`);
    await put('stop-all', flags, { stopped: true, ...(reason !== undefined && { reason }) }, clock);
  });
}

/** Adds `lutra resume-all`. */
export function addResumeAll(program: Command, clock: Clock): void {
  const command = program
    .command('resume-all')
    .summary('let writes to the cloud start again, on all hosts')
    .description('Lifts lutra stop-all. Groups converge by themselves within seconds. A repeat is harmless.');
  addHostFlags(command).action(async (flags: HostFlags) => {
    await put('resume-all', flags, { stopped: false }, clock);
  });
}

async function put(command: string, flags: HostFlags, body: object, clock: Clock): Promise<void> {
  const answered = await askHost(command, flags, { method: 'PUT', path: '/admin/stop', body }, clock);
  const stop = stopIn(answered);
  if (stop === undefined) throw new CliError(1, `${command}: what answered is no lutra: it does not say whether hosts are stopped`);
  console.log(flags.json === true ? JSON.stringify(answered) : inWords(stop));
}

/** Whether all hosts are stopped, as a host answers it. */
interface Stop {
  readonly stopped: boolean;
  readonly since: string | null;
  readonly by: string | null;
  readonly reason: string | null;
}

function stopIn(answered: unknown): Stop | undefined {
  const stop: unknown = typeof answered === 'object' && answered !== null && 'stop' in answered ? answered.stop : undefined;
  return typeof stop === 'object' && stop !== null && 'stopped' in stop && typeof stop.stopped === 'boolean' ? (stop as Stop) : undefined;
}

const inWords = ({ stopped, since, by, reason }: Stop): string =>
  stopped
    ? `All hosts are stopped since ${since}${by === null ? '' : `, by ${by}`}${reason === null ? '' : `: ${reason}`}\nNo write to the cloud starts until lutra resume-all.`
    : 'No host is stopped: writes to the cloud start again, and groups converge by themselves.';
