/**
 * Ways in which the product could be broken. Each is an exact replacement of a text that stands in its file once: where
 * the text has changed, the mutant is to be written anew, and says so. `tests` are the files that should catch it.
 */

const FAULT_RUNS = 'test/property/federation-faults.test.ts';
const MACHINE = ['test/unit/machine.test.ts', 'test/property/machine.test.ts'];
const JOURNAL = ['test/conformance/report-journal.test.ts', 'test/property/journal-crash.test.ts'];

/** @type {readonly { name: string, faults?: false, breaks: string, edits: readonly { file: string, find: string, replace: string }[], tests: readonly string[] }[]} */
export const MUTANTS = [
  {
    name: 'no-fsync',
    breaks: 'a report is acknowledged when it is written, before it is synced',
    edits: [{ file: 'server/storage/group-commit.ts', find: '      await file.sync();\n', replace: '' }],
    tests: JOURNAL,
  },
  {
    name: 'acknowledged-before-the-journal',
    breaks: 'a report is merged and acknowledged while it is still being journaled',
    edits: [{ file: 'server/coordinator/report-intake.ts', find: '          await hand.segment.append([frame]);\n', replace: '          void hand.segment.append([frame]).catch(() => undefined);\n' }],
    tests: [FAULT_RUNS],
  },
  {
    name: 'merged-before-the-check',
    breaks: 'the values of a report are added before they are checked',
    edits: [
      { file: 'server/coordinator/contributions.ts', find: '  const { statistic, release } = arena.admit(report.statistic);\n', replace: '  const [statistic, release] = [report.statistic, () => undefined];\n' },
      {
        file: 'server/coordinator/contributions.ts',
        find: 'mergeInto: (accumulator, factor = 1) => accumulator.add(factor === 1 ? statistic : { ...statistic, weight: factor * statistic.weight }, expected),',
        replace: 'mergeInto: (accumulator) => { accumulator.add(statistic, expected); arena.admit(statistic).release(); },',
      },
    ],
    tests: ['test/integration/refusals.test.ts'],
  },
  {
    name: 'last-value-unchecked',
    breaks: 'the check that every value is finite leaves out the last one',
    edits: [{ file: 'shared/statistics/check.ts', find: 'requireFinite(field.name, values);\n    if (field.range)', replace: 'requireFinite(field.name, values.subarray(0, -1));\n    if (field.range)' }],
    tests: ['test/unit/check-statistic.test.ts', 'test/integration/refusals.test.ts'],
  },
  {
    name: 'duplicate-merged',
    // The last of three nets, behind the intake's and the machine's: no federation gets through to it.
    faults: false,
    breaks: 'an accumulator takes the same assignment a second time',
    edits: [{ file: 'shared/statistics/accumulator.ts', find: '      if (contains.has(assignment)) throw overlap([assignment]);\n', replace: '' }],
    tests: ['test/unit/accumulator.test.ts', 'test/property/accumulator.test.ts'],
  },
  {
    name: 'duplicate-counted',
    breaks: 'a second report for one assignment counts towards the goal',
    edits: [{ file: 'server/coordinator/machine.ts', find: 'if (!assignment || !isOpen(assignment) || assignment.stage !== state.stage) return null;', replace: 'if (!assignment) return null;' }],
    tests: MACHINE,
  },
  {
    name: 'deadline-never-fires',
    breaks: 'a phase goes on for ever when too few report',
    edits: [{ file: 'server/coordinator/machine.ts', find: '  let due = state.deadline ?? Infinity;\n', replace: '  let due = Infinity;\n' }],
    tests: MACHINE,
  },
  {
    name: 'departure-ignored',
    breaks: 'an edge that gives its assignment back is not followed by a look at the goal',
    edits: [{ file: 'server/coordinator/machine.ts', find: '  return next === state ? unchanged(state) : lookAtGoal(next, event.at, policy);\n', replace: '  return unchanged(next);\n' }],
    tests: MACHINE,
  },
  {
    name: 'key-kept',
    breaks: 'the key of a round’s journal outlives its commit',
    edits: [{ file: 'server/coordinator/transitions.ts', find: '...transition, version, roundKey: { round: effect.round, key: null },', replace: '...transition, version,' }],
    tests: [FAULT_RUNS],
  },
  {
    name: 'blob-after-sql',
    breaks: 'a version is committed while its checkpoint is still being written',
    edits: [
      {
        file: 'server/coordinator/server-update.ts',
        find: '  const [digest, serverState] = await Promise.all([blobs.put(checkpoint), blobs.put(encodeServerState(state))]);\n',
        replace: '  const [digest, serverState] = [checkpoint, encodeServerState(state)].map((bytes) => { blobs.put(bytes).catch(() => undefined); return sha256Hex(bytes) as Digest; });\n',
      },
      { file: 'server/coordinator/server-update.ts', find: "import type { Algorithm, ServerState }", replace: "import { sha256Hex } from '#platform/crypto';\nimport type { Algorithm, ServerState }" },
    ],
    tests: [FAULT_RUNS],
  },
  {
    name: 'counted-forgotten-at-restart',
    breaks: 'a restarted coordinator leaves out the reports that counted before its last stored step',
    edits: [{ file: 'server/coordinator/recovery.ts', find: 'if (checked.contains.every((id) => counted.has(id))) {', replace: "if (state.phase === 'updating' && checked.contains.every((id) => counted.has(id))) {" }],
    tests: ['test/chaos/coordinator-killed.test.ts'],
  },
  {
    name: 'torn-tail-kept',
    breaks: 'records are appended behind a torn one, where no replay finds them',
    edits: [{ file: 'server/storage/report-journal.ts', find: '  await found.close();\n', replace: '  return found;\n' }],
    tests: JOURNAL,
  },
  {
    name: 'name-unsynced',
    breaks: 'a file is taken for durable before its name is',
    edits: [{ file: 'server/storage/disk-on-files.ts', find: '          throw thrown;\n        }\n        await files.syncFolder(folderOf(path));\n', replace: '          throw thrown;\n        }\n' }],
    tests: ['test/property/disk-crash.test.ts'],
  },
  {
    name: 'unweighted-mean',
    breaks: 'every edge counts the same, however many examples it has',
    edits: [{ file: 'shared/statistics/accumulator.ts', find: 'sums.add(field, statistic.fields[field.name], statistic.weight);', replace: 'sums.add(field, statistic.fields[field.name], 1);' }],
    tests: ['test/unit/accumulator.test.ts', 'test/integration/virtual-federation.test.ts'],
  },
  {
    name: 'fence-ignored',
    breaks: 'a coordinator writes on after another one has taken its task over',
    edits: [{ file: 'server/storage/sqlite/leases.ts', find: 'if (now?.[0] !== lease.holder || now[1] !== lease.fence) throw lost(lease);', replace: 'if (now === undefined) throw lost(lease);' }],
    tests: ['test/conformance/sqlite-store.test.ts'],
  },
  {
    name: 'signature-unchecked',
    breaks: 'whoever knows an edge’s id can speak for it',
    edits: [{ file: 'server/gateway/identities.ts', find: "if (!verify(fromHex(request.signature), challengeText('authenticate', challenge), fromHex(edge.publicKey))) {", replace: 'if (request.signature.length === 0) {' }],
    tests: ['test/integration/refusals.test.ts'],
  },
  {
    name: 'early-timer-not-set-again',
    breaks: 'a timer that fires a hair too early is not set again, so that its deadline never strikes',
    edits: [{ file: 'server/coordinator/task-driver.ts', find: '    // Timers fire early by a hair: then nothing was due yet, and the wait goes on.\n    armTimer();\n', replace: '' }],
    tests: ['test/integration/driver-guarantees.test.ts'],
  },
  {
    name: 'rule-forgets-its-past',
    breaks: 'a rule that goes on from where the last round ended begins at the origin each time',
    edits: [{ file: 'server/coordinator/update-at-work.ts', find: 'last: rememberedIn(serverState),', replace: 'last: null,' }],
    tests: [FAULT_RUNS],
  },
  {
    name: 'rule-in-order-of-arrival',
    breaks: 'a rule is given the reports in the order in which they came',
    edits: [{ file: 'server/aggregation/collecting-arena.ts', find: '[...own.weights.keys()].sort();', replace: '[...own.weights.keys()];' }],
    tests: ['test/conformance/aggregation-rules.test.ts'],
  },
  {
    name: 'too-few-edges-published',
    breaks: 'a result is made of fewer edges than the task allows',
    faults: false,
    edits: [{ file: 'shared/algorithms/statistics/requirements.ts', find: '  if (edges >= least) return;\n', replace: '  if (edges >= least || least > 0) return;\n' }],
    tests: ['test/unit/statistics-learners.test.ts'],
  },
  {
    name: 'withheld-column-kept',
    breaks: 'the numbers of a column that too few edges have are stored, and published',
    faults: false,
    edits: [{ file: 'shared/algorithms/statistics/statistics.ts', find: '    if (edges < config.k) return;\n', replace: '' }],
    tests: ['test/unit/statistics-algorithm.test.ts'],
  },
  {
    name: 'rare-value-told',
    breaks: 'a value that a single edge holds is told among the most frequent',
    faults: false,
    edits: [{ file: 'shared/algorithms/statistics/measures/frequent.ts', find: '.filter((item) => item.edges >= leastEdges)', replace: '' }],
    tests: ['test/unit/statistics-algorithm.test.ts'],
  },
  {
    name: 'variances-added',
    breaks: 'squared deviations of two edges are added without what lies between their means',
    faults: false,
    edits: [{ file: 'shared/statistics/monoids/moments.ts', find: ' + apart * apart * ((n * m) / (n + m))', replace: '' }],
    tests: ['test/unit/moments.test.ts'],
  },
  {
    name: 'stale-in-full',
    breaks: 'without a barrier a report counts in full, however old it is',
    edits: [{ file: 'server/coordinator/report-intake.ts', find: '    checked.mergeInto(house.hand().accumulator, factor);\n', replace: '    void factor;\n    checked.mergeInto(house.hand().accumulator);\n' }],
    tests: ['test/integration/buffered-federation.test.ts'],
  },
  {
    name: 'stale-in-full-at-restart',
    breaks: 'without a barrier a restarted coordinator counts in full what was stale',
    edits: [{ file: 'server/coordinator/buffer-recovery.ts', find: '        checked.mergeInto(hand.accumulator, factor(staleness));\n', replace: '        checked.mergeInto(hand.accumulator, factor(0));\n' }],
    tests: ['test/integration/buffered-federation.test.ts'],
  },
  {
    name: 'left-in-the-old-journal',
    breaks: 'a report that counts in the next buffer, since its own closed while it was being journaled, is in the journal of the one that closed alone',
    edits: [{ file: 'server/coordinator/report-intake.ts', find: 'return house.buffers !== null && house.hand() !== hand ? null : merge(checked, frame.byteLength);', replace: 'return merge(checked, frame.byteLength);' }],
    tests: [FAULT_RUNS],
  },
  {
    name: 'closed-buffer-forgotten',
    breaks: 'a restarted coordinator makes the version of a closed buffer without its reports',
    edits: [{ file: 'server/coordinator/buffer-recovery.ts', find: 'closing === null ? [filling] : [closing, filling]', replace: '[filling]' }],
    tests: [FAULT_RUNS],
  },
  {
    name: 'offered-from-the-newest',
    breaks: 'an assignment that is offered again names the newest version, not the one that it began from',
    edits: [{ file: 'server/coordinator/task-driver.ts', find: 'baseOf: (assignment) => bases.of(assignment.version) ?? version,', replace: 'baseOf: () => version,' }],
    tests: ['test/integration/buffered-federation.test.ts'],
  },
];
