import { describe, expect, it } from 'vitest';
import { IN_MEMORY, openConnection } from '../../server/storage/sqlite/connection.ts';
import { createEdgeTable } from '../../server/storage/sqlite/edges.ts';
import { groupEdges } from '../../server/storage/sqlite/grouped-edges.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import type { EdgeRecord } from '../../server/storage/store.ts';
import { asEdgeId } from '../../shared/ids.ts';

const edge = (n: number, publicKey = String(n)): EdgeRecord => ({ id: asEdgeId(`e${n.toString(16).padStart(20, '0')}`), publicKey, name: `edge ${n}`, role: 'edge', enrolledAt: n, revokedAt: null });

function house() {
  const database = openConnection(IN_MEMORY);
  const table = createEdgeTable(database);
  const inTransaction: boolean[] = [];
  const gathered: (() => void)[] = [];
  const grouped = groupEdges(database, (one) => {
    inTransaction.push(database.inTransaction);
    if (one.name === 'edge 666') throw new TypeError('the disk is gone');
    table.add(one);
  }, (write) => gathered.push(write));
  const write = (): void => {
    gathered.splice(0).forEach((each) => each());
  };
  return { database, table, grouped, gathered, inTransaction, write };
}

describe('enrolments that come together', () => {
  it('share one transaction, and none is there before', async () => {
    const { table, grouped, gathered, inTransaction, write } = house();
    const added = Promise.all([1, 2, 3].map((n) => grouped.add(edge(n))));
    expect([gathered.length, table.get(edge(1).id)]).toEqual([1, null]);
    write();
    await added;
    expect(inTransaction).toEqual([true, true, true]);
    expect(table.list(10, '').map(({ name }) => name)).toEqual(['edge 1', 'edge 2', 'edge 3']);
    // The next ones make a group of their own.
    const later = grouped.add(edge(4));
    expect(gathered).toHaveLength(1);
    write();
    await later;
    expect(table.get(edge(4).id)).toEqual(edge(4));
  });

  it('do not answer for each other: one with a wrong key is refused, alone', async () => {
    const { table, grouped, write } = house();
    const outcomes = Promise.allSettled([grouped.add(edge(1)), grouped.add(edge(1, 'another key')), grouped.add(edge(2))]);
    write();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(table.list(10, '').map(({ publicKey }) => publicKey)).toEqual(['1', '2']);
  });

  it('are all refused, and none of them stays, where the disk fails one', async () => {
    const { database, table, grouped, write } = house();
    const outcomes = Promise.allSettled([grouped.add(edge(1)), grouped.add(edge(666)), grouped.add(edge(2))]);
    write();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([table.list(10, ''), database.inTransaction]).toEqual([[], false]);
  });

  it('are written before the store closes', async () => {
    let late: () => void = () => undefined;
    const store = await openSqliteStore(IN_MEMORY, { gatherEdges: (write) => (late = write) });
    const added = store.addEdge(edge(1));
    await store.close();
    await added;
    const tooLate = store.addEdge(edge(2));
    late();
    await expect(tooLate).rejects.toMatchObject({ code: 'unavailable' });
  });
});
