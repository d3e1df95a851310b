import { expect, test } from 'vitest';
import { findWay, WAYS } from '../../shared/gossip/registry.ts';
import type { LetterWay } from '../../shared/gossip/way.ts';
import { gossipWayConformance } from './gossip-way.ts';

const letters = (name: string): LetterWay => findWay(name) as LetterWay;

gossipWayConformance(letters('d-psgd'), {}, { keepsMean: 1e-5, turns: 40 });
// Weights are even again at the end, and so the mean of the models is that of the numerators.
gossipWayConformance(letters('push-sum'), {}, { keepsMean: 1e-3, turns: 60 });
gossipWayConformance(letters('push-sum'), { to: 'next', learning: 'numerator' }, { keepsMean: 1e-2, turns: 120 });
gossipWayConformance(letters('push-sum'), { to: 'random' }, { keepsMean: 1e-2, turns: 200 });
gossipWayConformance(letters('epidemic'), {}, { keepsMean: null, turns: 150 });
gossipWayConformance(letters('choco'), { codec: { name: 'int8' } }, { keepsMean: 1e-5, turns: 80 });
gossipWayConformance(letters('choco'), { codec: { name: 'top-k', fraction: 0.25 } }, { keepsMean: 1e-5, turns: 200 });
gossipWayConformance(letters('choco'), { codec: { name: 'random-k', fraction: 0.25 }, gamma: 0.2 }, { keepsMean: 1e-5, turns: 400 });

test('every way that writes letters is tried', () => {
  expect(WAYS.filter(({ kind }) => kind === 'letters').map(({ name }) => name)).toEqual(['d-psgd', 'push-sum', 'epidemic', 'choco']);
});
