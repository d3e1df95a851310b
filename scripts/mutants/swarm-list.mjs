/** Ways in which what peers do without a coordinator could be broken; as in `list.mjs`, but found by the fault seeds of swarms. */

/** @type {readonly { name: string, breaks: string, edits: readonly { file: string, find: string, replace: string }[], tests: readonly string[] }[]} */
export const SWARM_MUTANTS = [
  {
    name: 'dead-not-noticed',
    breaks: 'a peer that gives no sign of life is asked for one for ever',
    edits: [{ file: 'client/gossip/failure-detector.ts', find: '      if (silent >= deadMs) {\n', replace: '      if (silent >= Infinity) {\n' }],
    tests: ['test/unit/mesh.test.ts'],
  },
  {
    name: 'patience-ignored',
    breaks: 'a turn waits for a neighbour that says nothing as long as that lives',
    edits: [{ file: 'client/gossip/mailbox.ts', find: '        const cancel = clock.after(patienceMs, end);\n', replace: '        const cancel = clock.after(2 ** 30 + patienceMs, end);\n' }],
    tests: ['test/unit/mailbox.test.ts'],
  },
  {
    name: 'channels-left-open',
    breaks: 'a mesh that stops leaves its channels, and its transports their wires',
    edits: [
      { file: 'client/gossip/overlay.ts', find: "      for (const peer of channels.peers) channels.close(peer, 'it left');\n", replace: '' },
      { file: 'client/gossip/mesh.ts', find: '      await Promise.all((joined?.transports ?? []).map((transport) => transport.stop()));\n', replace: '' },
    ],
    tests: ['test/unit/mesh.test.ts'],
  },
  {
    name: 'wire-of-a-failed-attempt-left',
    breaks: 'the wire of an attempt that came to nothing stays open',
    edits: [
      { file: 'client/gossip/handshake.ts', find: '      wire.close(`${code}: ${message}`);\n', replace: '' },
      { file: 'client/gossip/dialler.ts', find: "      wire?.close('no channel');\n      if (!signal.aborted || !isRefusal(signal.reason)) way.send({ type: 'end', dial });\n", replace: "      if (!signal.aborted || !isRefusal(signal.reason)) way.send({ type: 'end', dial });\n" },
      { file: 'client/gossip/dialler.ts', find: "      wire?.close('no channel');\n      if (!signal.aborted) back.send({ type: 'refuse', dial, why: 'failed' });\n", replace: "      if (!signal.aborted) back.send({ type: 'refuse', dial, why: 'failed' });\n" },
    ],
    tests: ['test/unit/handshake.test.ts'],
  },
  {
    name: 'silent-member-kept',
    breaks: 'a group begins anew with the member that it gave up',
    edits: [{ file: 'client/gossip/group-step.ts', find: '    members = members.filter((peer) => !peers.includes(peer));\n    begin();\n', replace: '    void peers;\n    begin();\n' }],
    tests: ['test/unit/group-exchange.test.ts'],
  },
  {
    name: 'mean-of-one-who-left',
    breaks: 'a group that loses a member goes on with what it had, under the same name',
    edits: [{ file: 'client/gossip/group-step.ts', find: "    if (attempt !== null) attempt.abandoned = true;\n    agree();\n", replace: "    if (attempt !== null) return end(held);\n    agree();\n" }],
    tests: ['test/unit/group-exchange.test.ts'],
  },
  {
    name: 'strikes-not-counted',
    breaks: 'whoever sends what cannot be merged is never let go',
    edits: [{ file: 'client/gossip/standing.ts', find: '      const count = (strikes.get(peer)?.count ?? 0) + 1;\n', replace: '      const count = (strikes.get(peer)?.count ?? 0) * 0;\n' }],
    tests: ['test/unit/standing.test.ts'],
  },
  {
    name: 'letter-unchecked',
    breaks: 'a letter is merged whose values are not finite',
    edits: [{ file: 'shared/gossip/letter-frame.ts', find: '  checkStatistic(schema, statistic);\n  return { round: meta.round, statistic };\n', replace: '  return { round: meta.round, statistic };\n' }],
    tests: ['test/unit/gossip-robust.test.ts'],
  },
  {
    name: 'one-sided-neighbours',
    breaks: 'a peer that is kept for a neighbour by one that it does not keep says nothing of it',
    edits: [{ file: 'shared/gossip/membership.ts', find: "        if (!active.has(from) && !asked.has(from)) send(from, { type: 'disconnect' });\n        return;\n", replace: '        return;\n' }],
    tests: ['test/property/membership.test.ts'],
  },
  {
    name: 'lost-peers-forgotten',
    breaks: 'whoever was lost is never tried again',
    edits: [{ file: 'shared/gossip/membership.ts', find: '    if (missed !== null) ask(missed, true);\n', replace: '' }],
    tests: ['test/unit/mesh.test.ts'],
  },
  {
    name: 'mass-taken-twice',
    breaks: 'what was taken of a link before it was given up is taken again',
    edits: [{ file: 'shared/gossip/ways/push-sum.ts', find: "    const isOld = (numbers[`given-up:${from}`] ?? -1) >= since;\n", replace: '    const isOld = since < 0;\n' }],
    tests: ['test/unit/push-sum.test.ts'],
  },
  {
    name: 'weight-not-shared',
    breaks: 'push-sum sends shares of the numerator and of the weight, and keeps all of the weight',
    edits: [{ file: 'shared/gossip/ways/push-sum.ts', find: 'numbers: { ...numbers, weight: weight * share } }', replace: 'numbers: { ...numbers, weight } }' }],
    tests: ['test/unit/push-sum.test.ts'],
  },
  {
    name: 'neighbours-own-model-twice',
    breaks: 'D-PSGD takes a neighbour’s model with the weight that it should keep for its own, too',
    edits: [
      { file: 'shared/gossip/ways/d-psgd.ts', find: '  const own = 1 - weights.reduce((sum, weight) => sum + weight, 0);\n', replace: '  const own = 1;\n' },
      { file: 'shared/gossip/ways/d-psgd.ts', find: '  const total = weights.reduce((all, weight) => all + weight, own);\n', replace: '  const total = own;\n' },
    ],
    tests: ['test/property/gossip-ways.test.ts'],
  },
  {
    name: 'introducer-not-called-again',
    breaks: 'an introducer that was lost is not called again',
    edits: [{ file: 'client/gossip/introductions.ts', find: '        else onLost(introduction, introducer, reason);\n', replace: '        else return onLost(introduction, introducer, reason);\n' }],
    tests: ['test/unit/mesh.test.ts'],
  },
  {
    name: 'nonsense-learned',
    breaks: 'what a peer learned goes to its neighbours though it is no number',
    edits: [{ file: 'client/gossip/local-learning.ts', find: '      checkStatistic(schema, statistic);\n', replace: '' }],
    tests: ['test/unit/gossip-peer.test.ts'],
  },
];
