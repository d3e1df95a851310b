/** Finds what grows: every Map and Set of this process that something is put into while it is watched, and objects by class. */
import { queryObjects } from 'node:v8';

type Collection = Map<unknown, unknown> | Set<unknown>;

export interface Grown {
  readonly from: number;
  readonly to: number;
  /** One of the keys that are in it now. */
  readonly key: unknown;
  /** Who put something in first. */
  readonly by: string;
}

export interface GrowthWatch {
  /** Ends the watch. The collections that have at least so many more entries than when it began. */
  end(atLeast: number): readonly Grown[];
}

export function watchCollections(): GrowthWatch {
  const { set } = Map.prototype;
  const { add } = Set.prototype;
  // Held weakly: what the coordinator has let go of must not live on here.
  const seen = new WeakSet<Collection>();
  const touched: { readonly collection: WeakRef<Collection>; readonly from: number; readonly by: string }[] = [];
  const note = (collection: Collection): void => {
    if (seen.has(collection)) return;
    seen.add(collection);
    const by = (new Error().stack ?? '').split('\n').slice(3, 6).map((line) => line.trim()).join(' < ');
    touched.push({ collection: new WeakRef(collection), from: collection.size, by });
  };
  Map.prototype.set = function (this: Map<unknown, unknown>, key: unknown, value: unknown) {
    note(this);
    return set.call(this, key, value);
  };
  Set.prototype.add = function (this: Set<unknown>, value: unknown) {
    note(this);
    return add.call(this, value);
  };
  return {
    end(atLeast) {
      Map.prototype.set = set;
      Set.prototype.add = add;
      return touched.flatMap(({ collection, from, by }) => {
        const found = collection.deref();
        return found && found.size - from >= atLeast ? [{ from, to: found.size, key: found.keys().next().value, by }] : [];
      });
    },
  };
}

const CLASSES = [Promise, Float32Array, ArrayBuffer, Map] as const;

/** Objects of each class that are still reachable. Collects garbage, and takes its time. */
export function reachableObjects(): Readonly<Record<string, number>> {
  return Object.fromEntries(CLASSES.map((one) => [one.name, queryObjects(one, { format: 'count' })]));
}
