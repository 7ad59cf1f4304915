/** Each scenario without the defence that it is about: it must fail then. */
import type { Edit, Mutant } from '../mutate.ts';

const core = 'packages/core/src';

/** What is taken out of a module. */
type Change = Edit & Pick<Mutant, 'also'>;
const together = (first: Edit, ...also: readonly Edit[]): Change => ({ ...first, also });
const inCore = (file: string, find: string, replace: string): Edit => ({ file: `${core}/${file}`, find, replace });

const deadCounts = inCore('planner/destiny.ts', "ERROR: 'doomed',", "ERROR: 'available',");
const blockStopsDepartures = inCore(
  'planner/planning.ts',
  '} else planDepartures(',
  '} else if ((desired.restraints?.blocks.length ?? 0) === 0) planDepartures(',
);
const nodesMakeNoRoom = inCore(
  'pass/refusals.ts',
  "return subject.of === 'nodes' && (leaving ||",
  "return subject.of === 'nodes' && false && (leaving ||",
);
const quotaMakesNoRoom = inCore(
  'pass/refusals.ts',
  "if (subject.of === 'quota') return leaving;",
  "if (subject.of === 'quota') return false;",
);
const oneUnreadFailsAll = inCore(
  'tenant/tenant-observer.ts',
  'if (error instanceof CloudError) resolve(unreadBy(error));\n          else reject(error);',
  'reject(error);',
);
const refusedStartsAgain = inCore(
  'commands/decide.ts',
  '>= refusedExecutionInterval) raiseGeneration(draft, context);',
  '>= refusedExecutionInterval) startAgain(draft, context);',
);
const quotaBlocksAll = inCore(
  'planner/restraining.ts',
  "return subject.of === 'quota' ? Math.max(0, subject.servers - present) : Number.POSITIVE_INFINITY;",
  "return subject.of === 'quota' ? 0 : Number.POSITIVE_INFINITY;",
);
const quotaBlocksNothing = inCore('planner/restraining.ts', 'if (room >= missing) continue;', 'if (room >= 0) continue;');
const executionReleases = inCore(
  'commands/decide.ts',
  'policy.touchedAt = context.now;\n  reset(draft, context);',
  'policy.touchedAt = context.now;\n  startAgain(draft, context);',
);
const noPatience = inCore('tenant/load-balancer-writer.ts', 'if (locked) locked = !(await this.#isFree(id));', 'locked = false;');
const birthsForgotten = inCore('pass/births.ts', 'const failures = births.failures + 1;', 'const failures = births.failures;');
const buildsForEver = inCore(
  'planner/destiny.ts',
  "return natural === 'building' && now - begun >= buildTimeout ?",
  "return natural === 'building' && now - begun < 0 * buildTimeout ?",
);
const hugeRemovals = inCore(
  'planner/transforming.ts',
  "(kind === 'add-nodes' ? bulkAdd : bulkRemove)",
  "(kind === 'add-nodes' ? bulkAdd : bulkRemove * 9)",
);
const conflictFails = inCore(
  'pass/executing.ts',
  "if (cloudError.kind === 'conflict' && isNeverTerminal(step)) {",
  "if (cloudError.kind === 'conflict' && step === undefined) {",
);
const silentIsGone = inCore(
  'pass/observing.ts',
  "if (error instanceof CloudError) return [key, 'unconfirmed'];",
  "if (error instanceof CloudError) return [key, 'gone' as Confirmation];",
);
const ourClock = inCore('tenant/tenant-observer.ts', 'cloudNow: this.#clocks.serversNow()', 'cloudNow: this.#clock.now()');
const deletedShowsAgain = inCore('planner/destiny.ts', "if (desired.deletions.has(server.id)) return 'doomed';", '');
const drainsAreCut = inCore(
  'planner/leaving.ts',
  "return now - node.drainingSince >= timeout ? 'drained' : 'draining';",
  "return 'drained';",
);
const unlistedIsGone = inCore(
  'pass/observing.ts',
  "(await ports.cloud.getServer(id, ports.isWanted)) ?? 'gone'",
  "(await ports.cloud.getServer(id, ports.isWanted), 'gone')",
);
const unknownForgotten = inCore(
  'pass/settling.ts',
  "if (effect === 'unknown') left.push(",
  "if (effect === 'unknown' && now < 0) left.push(",
);
const faultsFail = inCore(
  'pass/executing.ts',
  'const isForGood = cloudError.terminal ||',
  "const isForGood = cloudError.terminal || cloudError.kind === 'server-fault' ||",
);
const staleIsNew = inCore('pass/discrepancies.ts', 'else found.add(id);', "else if (state === 'DELETED') found.add(id);");
const oneListIsEnough = inCore(
  'pass/leftovers.ts',
  'between(missedAt, begunAt) >= createVisibility',
  'between(missedAt, begunAt) >= 0 * createVisibility',
);
const otherAddressIsKept = inCore('pass/leftovers.ts', "[address, ''].includes(server.servicenetAddress)", 'address !== null');
const byAddress = inCore('pass/leftovers.ts', 'node.port === port && (nodeId === null || node.id === nodeId)', 'port > 0');
const noBrake = inCore('planner/planning.ts', 'if (verdict.braked) {', 'if (verdict.braked && steps.length > 1e9) {');
const enabledAtOnce = inCore(
  'planner/membership.ts',
  "const condition = monitored ? 'DRAINING' : place.condition;",
  'const condition = place.condition;',
);
const neverEnabled = inCore('planner/membership.ts', "if (probed && node.status === 'OFFLINE') {", 'if (probed) {');
const noSelfHeal = inCore('tenant/tenant.ts', 'void this.heal().then((hasGroups) => {', 'void Promise.resolve(true).then((hasGroups) => {');
const noWatch = inCore(
  'tenant/watch/tenant-watch.ts',
  'if (first === undefined) return false;',
  'if (first !== undefined || events.length === 0) return false;',
);
const pauseIsNotAsked = inCore('store/memory-store.ts', 'return spec.deleting || !(spec.paused || spec.suspended);', 'return true;');
const rebootIsDead = inCore('planner/destiny.ts', "  REBOOT: 'waiting',", "  REBOOT: 'doomed',");
const unknownIsDead = inCore(
  'planner/destiny.ts',
  "if (natural === 'ignored' && (desired.deleting === true || observed.pondered?.has(server.id) === true)) return 'avoided';",
  '',
);
const neverDeletedAgain = inCore('planner/planning.ts', 'else if (again)\n    steps.push(', 'else if (again && now < 0)\n    steps.push(');
const deleteDoesNotWait = inCore(
  'planner/transforming.ts',
  "const ready = onServers.filter((step) => step.kind === 'release-server' || !leftOut.has(step.serverId));",
  'const ready = onServers;',
);
const contradictionBelieved = inCore(
  'pass/believing.ts',
  "return shown === 'BUILD' && wasBuilt(known);",
  "return shown === 'BUILD' && wasBuilt(known) && known.id === '';",
);
const extrasOfStrangers = inCore(
  'planner/membership.ts',
  'if (!wanted && !places.desiredByAnother(node))',
  'if (!places.desiredByAnother(node) && node.port !== 0)',
);
const pausedConsumesNothing = inCore(
  'commands/decide.ts',
  "  'run-schedule': (draft, { policyId, policyVersion, occurrence }, context) => {",
  "  'run-schedule': (draft, { policyId, policyVersion, occurrence }, context) => {\n    if (draft.spec.paused) return refuse.paused(draft, 'x');",
);

const lateIsForgotten = inCore(
  'pass/announcing.ts',
  'leftovers.length === 0 || steps.some(isBraked) ? steps :',
  'leftovers.length >= 0 || steps.some(isBraked) ? steps :',
);
const lockedIsForGood = inCore(
  'pass/executing.ts',
  'const isForGood = cloudError.terminal ||',
  "const isForGood = cloudError.terminal || cloudError.kind === 'load-balancer-immutable' ||",
);
const timeoutIsForGood = inCore(
  'pass/executing.ts',
  'const isForGood = cloudError.terminal ||',
  "const isForGood = cloudError.terminal || cloudError.kind === 'timeout' || cloudError.kind === 'unreachable' ||",
);
const unreadStopsAll = inCore(
  'tenant/tenant-observer.ts',
  'for (const [id, unread] of listed.value.unread) this.#unread.noted(',
  "for (const [id, unread] of listed.value.unread) if (unread.reason !== id) throw new CloudError('server-fault', unread.reason); else this.#unread.noted(",
);
const letGoIsNot = inCore(
  'pass/executing.ts',
  'cloud.stripServerMetadata(serverId, ownershipPrefixes, permit)',
  "cloud.setServerMetadata(serverId, 'kept', String(ownershipPrefixes.length), permit)",
);
const commandsEndNothing = inCore('model/causes.ts', 'spec[counter] === at;', 'spec[counter] >= at;');
const pauseKeepsServers = inCore(
  'model/wake-ups.ts',
  "if (group.spec.deleting) return 'deleting';",
  "if (group.spec.deleting && !group.spec.paused) return 'deleting';",
);
const noPlaceIsNoMatter = inCore(
  'planner/membership.ts',
  '    steps.push(noMonitor(about));\n    return;\n  }\n  const { port, weight, type } = place;',
  '    return;\n  }\n  const { port, weight, type } = place;',
);
const blockStopsMembers = inCore(
  'planner/planning.ts',
  'for (const server of servers.available.slice(0, kept)) planMembership(',
  'for (const server of restraints.blocks.length > 0 ? [] : servers.available.slice(0, kept)) planMembership(',
);
const noAddressIsNoMatter = inCore('planner/planning.ts', '  planUnreachable(steps, unreachable);\n', '');
const fullIsNoMatter = inCore(
  'planner/restraining.ts',
  'if (full !== undefined) say(full);\n      else if',
  'if (full !== undefined && port === -1) say(full);\n      else if',
);
const pauseIsNoMatter = together(
  pauseIsNotAsked,
  inCore('tenant/group-phases.ts', 'goesOn: () => control.goesOn() && held.isGood(),', 'goesOn: () => held.isGood(),'),
);
const noBudgets = inCore(
  'tenant/call-budgets.ts',
  '    this.#refuseWhileClosed(kind);\n    return this.#slots.use(kind, async () => {',
  '    if (kind.length > 0) return call();\n    return this.#slots.use(kind, async () => {',
);
const anyNodeIsOurs = together(
  byAddress,
  inCore(
    'pass/leftovers.ts',
    '  removedAt !== null || (missedAt !== null && between(missedAt, begunAt) >= createVisibility);',
    '  removedAt === begunAt && missedAt === null && createVisibility < 0;',
  ),
  inCore(
    'pass/leftovers.ts',
    "const holder = holders.get(record.address);\n    if (holder === 'somebody'",
    "const holder = holders.size >= 0 ? 'nobody' : holders.get(record.address);\n    if (holders.size < 0",
  ),
  inCore('pass/leftovers.ts', "if (holder === 'nobody' && isLongVacant(record, begunAt, options))", "if (holder === 'nobody')"),
);
const capitalsDiffer = {
  file: 'packages/simulator/src/simulated-cloud.ts',
  find: 'poolId: poolId.toLowerCase() as PoolId',
  replace: 'poolId: poolId as PoolId',
};
const oneDateIsEnough = inCore(
  'tenant/service-clocks.ts',
  'if (isNear(offset, believed)) {',
  'if (isNear(offset, offset) || isNear(offset, believed)) {',
);

const nodesGoneIsAFault = {
  file: 'packages/simulator/src/simulated-cloud.ts',
  find: "if (unknown.size === 0) raise('node.remove', answer);",
  replace: "raise('node.remove', answer);",
};
const nobodyLooks = together(noSelfHeal, noWatch);
const budgetsOfAll = inCore(
  'tenant/call-budgets.ts',
  'this.#slots = new FairSlots(Number.POSITIVE_INFINITY, inFlight);',
  'const all = globalThis as { slots?: FairSlots<CallKind> };\n    all.slots ??= new FairSlots(1, inFlight);\n    this.#slots = all.slots;',
);
const missingIsWaitedOut = inCore(
  'pass/ending.ts',
  "const isMissing = error.kind === 'no-such-service';",
  "const isMissing = error.kind === ('no' as string);",
);
const latestDate = together(
  oneDateIsEnough,
  inCore(
    'tenant/service-clocks.ts',
    'if (this.#recent.length > 0) return milliseconds(Math.min(...this.#recent));',
    'if (this.#recent.length > 0) return this.#recent.at(-1);',
  ),
);

const goneNodesFail = inCore(
  'pass/executing.ts',
  "if (step.kind === 'remove-nodes') return loadBalancerGone || kind === 'no-such-node';",
  "if (step.kind === 'remove-nodes') return false;",
);
const noSuchNodeIsForGood = inCore(
  'pass/executing.ts',
  'const isForGood = cloudError.terminal ||',
  "const isForGood = cloudError.terminal || cloudError.kind === 'no-such-node' ||",
);
const goneIsAFault = together(nodesGoneIsAFault, goneNodesFail, noSuchNodeIsForGood);
const table: Readonly<Record<string, Change>> = {
  'active-to-error': deadCounts,
  'address-handed-over': lateIsForgotten,
  'another-address': otherAddressIsKept,
  'bad-image-while-draining': blockStopsDepartures,
  'balancer-limit-draining': nodesMakeNoRoom,
  'balancers-down-nobody-needs-them': oneUnreadFailsAll,
  'births-and-refused-policy': refusedStartsAgain,
  'born-in-error-and-death': quotaBlocksAll,
  'born-in-error': quotaBlocksNothing,
  'brake-and-refused-policy': refusedStartsAgain,
  'brake-and-scale-up': executionReleases,
  'broken-load-balancer': lockedIsForGood,
  'build-errors': deadCounts,
  'build-timeout': buildsForEver,
  'bulk-delete': hugeRemovals,
  'busy-servers': conflictFails,
  'cell-down': silentIsGone,
  'clock-skew': ourClock,
  'death-at-full-quota': quotaMakesNoRoom,
  'deaths-at-full-quota': quotaMakesNoRoom,
  'delete-beside-broken-balancer': unreadStopsAll,
  'deleted-while-building': deletedShowsAgain,
  'dies-after-birth': birthsForgotten,
  'disowned-servers': letGoIsNot,
  draining: drainsAreCut,
  'empty-listing': unlistedIsGone,
  'error-reasons': commandsEndNothing,
  'first-outage': deadCounts,
  'flapping-services': faultsFail,
  'foreign-nodes': extrasOfStrangers,
  'group-deleted': pauseKeepsServers,
  'healing-beside-broken-balancer': unreadStopsAll,
  'health-monitor': neverEnabled,
  'lagging-replica': staleIsNew,
  'late-address': lateIsForgotten,
  'listing-lag': unknownForgotten,
  'load-balancer-deleted': noPlaceIsNoMatter,
  'long-outage': silentIsGone,
  'lost-answers': timeoutIsForGood,
  'lost-writes': timeoutIsForGood,
  'made-before-the-quota': blockStopsMembers,
  'many-groups': noPatience,
  'mass-failure': noBrake,
  'never-online': enabledAtOnce,
  'no-servicenet': noAddressIsNoMatter,
  'no-valid-host': birthsForgotten,
  'node-limit': fullIsNoMatter,
  'nodes-gone': goneIsAFault,
  'old-list-of-nodes': oneListIsEnough,
  'out-of-band-deletes': nobodyLooks,
  'overlapping-writers': lockedIsForGood,
  'pause-mid-convergence': pauseIsNoMatter,
  'quota-held-by-draining': quotaMakesNoRoom,
  quota: quotaBlocksNothing,
  'rate-limit': noBudgets,
  'replace-at-full-quota': quotaMakesNoRoom,
  'reused-address-and-short-listing': anyNodeIsOurs,
  'reused-address': lateIsForgotten,
  'scale-down-while-one-balancer-is-locked': deleteDoesNotWait,
  schedules: pausedConsumesNothing,
  'self-heal': noSelfHeal,
  'shared-load-balancer': noPatience,
  'short-listing-and-building': contradictionBelieved,
  'slow-tenant': budgetsOfAll,
  soak: unknownForgotten,
  'soft-reboot': rebootIsDead,
  'stubborn-deletes': neverDeletedAgain,
  'suspended-account': missingIsWaitedOut,
  'three-hundred-servers': buildsForEver,
  'status-of-a-building-server': buildsForEver,
  'unknown-status': unknownIsDead,
  'unrelated-broken-balancer': unreadStopsAll,
  'upper-case-pools': capitalsDiffer,
  'wrong-dates': latestDate,
};

export const scenarioMutants: readonly Mutant[] = Object.entries(table).map(([name, change]) => ({
  name: `scenario-${name}`,
  rule: 'scenario',
  ...change,
  layer: 'scenario',
  by: `sim-scenarios/${name}.yaml`,
}));
