/** Ways in which what peers do without a coordinator could be broken; as in `list.mjs`, but found by the fault seeds of swarms. */

const SWARM_RUNS = 'test/property/gossip-faults.test.ts';

/** @type {readonly { name: string, breaks: string, edits: readonly { file: string, find: string, replace: string }[], tests: readonly string[] }[]} */
export const SWARM_MUTANTS = [
  {
    name: 'dead-not-noticed',
    breaks: 'a peer that gives no sign of life is asked for one for ever',
    edits: [{ file: 'client/gossip/failure-detector.ts', find: '      if (silent >= deadMs) {\n', replace: '      if (silent >= Infinity) {\n' }],
    tests: [SWARM_RUNS],
  },
  {
    name: 'patience-ignored',
    breaks: 'a turn waits for a neighbour that says nothing as long as that lives',
    edits: [{ file: 'client/gossip/mailbox.ts', find: '        const cancel = clock.after(patienceMs, end);\n', replace: '        const cancel = clock.after(2 ** 30 + patienceMs, end);\n' }],
    tests: [SWARM_RUNS],
  },
  {
    name: 'channels-left-open',
    breaks: 'a mesh that stops leaves its channels, and its transports their wires',
    edits: [
      { file: 'client/gossip/farewells.ts', find: "      for (const peer of channels.peers) channels.close(peer, 'it left');\n", replace: '' },
      { file: 'client/gossip/mesh.ts', find: '      await Promise.all((joined?.transports ?? []).map((transport) => transport.stop()));\n', replace: '' },
    ],
    tests: [SWARM_RUNS],
  },
  {
    name: 'wire-of-a-failed-attempt-left',
    breaks: 'the wire of an attempt that came to nothing stays open',
    edits: [
      { file: 'client/gossip/handshake.ts', find: '      wire.close(`${code}: ${message}`);\n', replace: '' },
      { file: 'client/gossip/dialler.ts', find: "      wire?.close('no channel');\n      if (!signal.aborted || !isRefusal(signal.reason)) way.send({ type: 'end', dial });\n", replace: "      if (!signal.aborted || !isRefusal(signal.reason)) way.send({ type: 'end', dial });\n" },
      { file: 'client/gossip/dialler.ts', find: "      wire?.close('no channel');\n      if (!signal.aborted) back.send({ type: 'refuse', dial, why: 'failed' });\n", replace: "      if (!signal.aborted) back.send({ type: 'refuse', dial, why: 'failed' });\n" },
    ],
    tests: [SWARM_RUNS],
  },
  {
    name: 'silent-member-kept',
    breaks: 'a group begins anew with the member that it gave up',
    edits: [{ file: 'client/gossip/group-step.ts', find: '    members = members.filter((peer) => !peers.includes(peer));\n    begin();\n', replace: '    void peers;\n    begin();\n' }],
    tests: [SWARM_RUNS],
  },
  {
    name: 'strikes-not-counted',
    breaks: 'whoever sends what cannot be merged is never let go',
    edits: [{ file: 'client/gossip/standing.ts', find: '      const count = (strikes.get(peer)?.count ?? 0) + 1;\n', replace: '      const count = (strikes.get(peer)?.count ?? 0) * 0;\n' }],
    tests: [SWARM_RUNS],
  },
  {
    name: 'letter-unchecked',
    breaks: 'a letter is merged whose values are not finite',
    edits: [{ file: 'shared/gossip/letter-frame.ts', find: '  checkStatistic(schema, statistic);\n  return { round: meta.round, statistic };\n', replace: '  return { round: meta.round, statistic };\n' }],
    tests: [SWARM_RUNS],
  },
];
