/** What some commands ask the cloud before they are decided: reads only, bounded in time; the answers go on as data. */

import { CloudError, LutraError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import { cutTo } from '../model/characters.ts';
import type { JsonValue } from '../model/json.ts';
import { desiredLoadBalancersOf, type LaunchConfiguration } from '../model/launch-configuration.ts';
import type { Options } from '../options.ts';

/** Longest value repeated in a message. */
const longestQuote = 128;

/** Problems told at once; a body may hold many thousand files. */
const mostProblems = 100;

/**
 * Whether the cloud would take the launch configuration. Rejects with `invalid-launch-configuration` (all problems at once), or with
 * `unavailable` when the cloud finds no problem but does not answer every question: only what it says definitely is told as wrong.
 */
export async function checkLaunchConfiguration(launch: LaunchConfiguration, cloud: TenantCloud, options: Options): Promise<void> {
  const { server } = launch.args;
  const checks = await Promise.allSettled([
    imageProblem(server.imageRef, cloud),
    flavorProblem(server.flavorRef, cloud),
    personalityProblems(server.personality, cloud),
    options.verifyLoadBalancers ? loadBalancerProblems(launch, cloud) : [],
  ]);
  const problems = checks.flatMap((check) => (check.status === 'fulfilled' ? check.value : []));
  if (problems.length > 0) {
    const more = problems.length > mostProblems ? [`And ${problems.length - mostProblems} problems more`] : [];
    const lines = ['Following problems with launch configuration:', ...problems.slice(0, mostProblems), ...more];
    throw new LutraError('invalid-launch-configuration', lines.join('\n'));
  }
  for (const check of checks) {
    if (check.status === 'fulfilled') continue;
    if (!(check.reason instanceof CloudError)) throw check.reason;
    if (options.lenientValidation) continue;
    const message = 'The launch configuration could not be checked because the cloud did not answer; try again later.';
    throw new LutraError('unavailable', message, { cause: check.reason });
  }
}

async function imageProblem(imageRef: JsonValue | undefined, cloud: TenantCloud): Promise<readonly string[]> {
  if (typeof imageRef !== 'string' || imageRef === '') return [];
  const image = await cloud.getImage(imageRef);
  if (image === undefined) return [`Invalid imageRef "${quoted(imageRef)}" in launchConfiguration`];
  return image.status === 'ACTIVE' ? [] : [`Inactive imageRef "${quoted(imageRef)}" in launchConfiguration`];
}

async function flavorProblem(flavorRef: JsonValue | undefined, cloud: TenantCloud): Promise<readonly string[]> {
  if (typeof flavorRef !== 'string' || flavorRef === '' || (await cloud.hasFlavor(flavorRef))) return [];
  return [`Invalid flavorRef "${quoted(flavorRef)}" in launchConfiguration`];
}

/** Every file must be base64, small enough, and not one too many (spec/rest.md, section 8.4). */
async function personalityProblems(personality: JsonValue | undefined, cloud: TenantCloud): Promise<readonly string[]> {
  if (!Array.isArray(personality) || personality.length === 0) return [];
  const files = personality as readonly { readonly path: string; readonly contents: string }[];
  const limits = await cloud.getLimits();
  const problems: string[] = [];
  if (files.length > limits.maxPersonality) {
    problems.push(`Number of files "${files.length}" in personality exceeds maximum limit "${limits.maxPersonality}"`);
  }
  for (const { path, contents } of files) {
    const size = decodedSize(contents);
    if (size === undefined) problems.push(`Invalid base64 encoding for contents of path "${quoted(path)}"`);
    else if (size > limits.maxPersonalitySize) {
      problems.push(`File "${quoted(path)}" content's size exceeds maximum size "${limits.maxPersonalitySize}"`);
    }
  }
  return problems;
}

/** Bytes that base64 text stands for; undefined for text that is not base64. */
function decodedSize(contents: string): number | undefined {
  const match = /^[A-Za-z0-9+/]+(={0,2})$/.exec(contents);
  if (match === null || contents.length % 4 !== 0) return undefined;
  return (contents.length / 4) * 3 - (match[1]?.length ?? 0);
}

async function loadBalancerProblems(launch: LaunchConfiguration, cloud: TenantCloud): Promise<readonly string[]> {
  const wanted = desiredLoadBalancersOf(launch).flatMap((place) => (place.kind === 'clb' ? [place.loadBalancerId] : []));
  if (wanted.length === 0) return [];
  const { loadBalancers, unread } = await cloud.listLoadBalancers();
  const there = new Set([...loadBalancers, ...unread].map(({ id }) => id));
  return wanted.filter((id) => !there.has(id)).map((id) => `Invalid loadBalancerId "${quoted(id)}" in launchConfiguration`);
}

const quoted = (text: string): string => cutTo(text, longestQuote);
