import { describe, expect, it } from 'vitest';
import { createLayout, createParameters, tensorAt } from '../../shared/tensors/layout.ts';

describe('layout', () => {
  it('places tensors one behind the other', () => {
    const layout = createLayout([
      { name: 'dense/kernel', shape: [2, 3] },
      { name: 'dense/bias', shape: [3] },
      { name: 'scale', shape: [] },
    ]);
    expect(layout.tensors.map(({ offset, size }) => [offset, size])).toEqual([[0, 6], [6, 3], [9, 1]]);
    expect(layout.size).toBe(10);
    const parameters = createParameters(layout, Float32Array.from({ length: 10 }, (_, i) => i));
    expect([...tensorAt(parameters, 'dense/bias')]).toEqual([6, 7, 8]);
  });

  it('has a digest that names and shapes decide', () => {
    const one = createLayout([{ name: 'a', shape: [2, 3] }]);
    expect(createLayout([{ name: 'a', shape: [2, 3] }]).digest).toBe(one.digest);
    expect(createLayout([{ name: 'a', shape: [3, 2] }]).digest).not.toBe(one.digest);
    expect(createLayout([{ name: 'b', shape: [2, 3] }]).digest).not.toBe(one.digest);
  });

  it.each([[[0]], [[-1]], [[1.5]], [[NaN]]])('refuses the shape %j', (shape) => {
    expect(() => createLayout([{ name: 'a', shape }])).toThrow(expect.objectContaining({ code: 'bad_layout' }));
  });

  it('refuses a vector of another size', () => {
    const layout = createLayout([{ name: 'a', shape: [4] }]);
    expect(() => createParameters(layout, new Float32Array(3))).toThrow(/3 values.*asks for 4/);
  });
});
