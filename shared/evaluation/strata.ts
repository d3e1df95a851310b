/** The groups of edges by which a federated evaluation is told: known to both sides from the task alone, so that an edge says its own by its place in the list. */
import { BACKEND_NAMES, Capabilities } from '../task/conditions.ts';
import { classesOf } from '../task/data-contract.ts';
import type { TaskSpec } from '../task/task-spec.ts';

/** What an edge's group follows from. */
export interface EdgeFacts {
  readonly capabilities: Pick<Capabilities, 'platform' | 'backend' | 'region'>;
  /** Training examples by class; null where there are no classes, or where the edge's owner does not let them be told. */
  readonly labels: readonly number[] | null;
}

type Asked = Pick<TaskSpec, 'data' | 'evaluation'>;

/** Groups in the order of their places; one without a name where nothing is told by groups. */
export function strataOf({ data, evaluation }: Asked): readonly string[] {
  switch (evaluation?.by ?? null) {
    case null:
      return [''];
    case 'deviceClass':
      return Capabilities.shape.platform.options.flatMap((platform) => BACKEND_NAMES.map((backend) => `${platform}/${backend}`));
    case 'region':
      return [...(evaluation?.regions ?? []), 'elsewhere'];
    case 'label':
      return [...(classesOf(data) ?? []), 'not told'];
  }
}

/** The place of the edge's group in `strataOf`. */
export function stratumOf(spec: Asked, { capabilities: { platform, backend, region }, labels }: EdgeFacts): number {
  const strata = strataOf(spec);
  const placeOf = (name: string): number => {
    const place = strata.indexOf(name);
    return place < 0 ? strata.length - 1 : place;
  };
  switch (spec.evaluation?.by ?? null) {
    case null:
      return 0;
    case 'deviceClass':
      return placeOf(`${platform}/${backend}`);
    case 'region':
      return region === undefined ? strata.length - 1 : placeOf(region);
    case 'label':
      // Classes may share a name with the last group; their places do not.
      return labels === null || labels.length !== strata.length - 1 ? strata.length - 1 : labels.indexOf(Math.max(...labels));
  }
}
