/** `lutra simulate`: runs a scenario in virtual time and shows what happened. */
import { readFileSync } from 'node:fs';
import { between, type Clock } from '@lutra/core';
import { type Outcome, parseScenario, runScenario, type Scenario, ScenarioError } from '@lutra/testbed';
import type { Command } from 'commander';
import { CliError, whyNoFile } from './cli-error.ts';
import { report } from './report.ts';
import { StoryTeller } from './story.ts';
import { openTrace } from './trace-file.ts';

interface SimulateFlags {
  readonly seed?: string;
  readonly json?: true;
  readonly trace?: string;
}

/** Adds `lutra simulate`. `clock` measures how long a run really takes. */
export function addSimulate(program: Command, clock: Clock): void {
  program
    .command('simulate')
    .summary('run a scenario in virtual time')
    .description(
      'Runs a scenario against the simulated cloud in virtual time, and shows what happened.\nSame file, same seed, same lutra: same trace, whose hash is printed.',
    )
    .argument('<file>', 'scenario, YAML; sim-scenarios/ has some')
    .option('--seed <text>', 'decides what chance decides (default: the seed in the file)')
    .option('--json', 'print the outcome as one JSON document')
    .option('--trace <file>', 'write the trace: everything that happened, one JSON object a line')
    .addHelpText('after', '\nExit code: 0 when every expectation holds, 1 when not, 2 when the scenario cannot be used.')
    .action(async (file: string, flags: SimulateFlags) => {
      process.exitCode = await simulate(file, flags, clock);
    });
}

async function simulate(file: string, { seed, json, trace }: SimulateFlags, clock: Clock): Promise<0 | 1> {
  const scenario = readScenario(file);
  const repeat = repeatLine(file, seed ?? scenario.seed);
  const traceFile = trace === undefined ? undefined : openTrace('simulate', trace);
  const story = new StoryTeller(scenario);
  const began = clock.now();
  let outcome: Outcome;
  try {
    outcome = await runScenario(scenario, {
      ...(seed === undefined ? {} : { seed }),
      onTrace: (line) => {
        traceFile?.write(line);
        story.saw(line);
      },
    });
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new CliError(1, `The run could not go on: ${why}\nRepeat it: ${repeat}`, { cause: error });
  } finally {
    traceFile?.close();
  }
  const holds = outcome.violations.length === 0;
  if (json) console.log(JSON.stringify({ holds, repeat, ...outcome }, null, 2));
  else {
    const took = between(began, clock.now());
    console.log(report({ scenario, outcome, happenings: story.told, took, repeat, columns: process.stdout.columns ?? 100 }));
  }
  return holds ? 0 : 1;
}

function readScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(2, `simulate: cannot read ${file}: ${whyNoFile(error)}`, { cause: error });
  }
  try {
    return parseScenario(text);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const problems = error.problems.map((problem) => `  ${problem.trimEnd().replaceAll('\n', '\n  ')}`);
    throw new CliError(2, `simulate: ${file} cannot be used:\n${problems.join('\n')}`, { cause: error });
  }
}

/** The one line that repeats a run, in a checkout or where lutra is installed. */
function repeatLine(file: string, seed: string): string {
  const quoted = (word: string): string => (/^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  return `npx lutra simulate ${quoted(file)} --seed ${quoted(seed)}`;
}
