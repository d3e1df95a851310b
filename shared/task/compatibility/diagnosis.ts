/** A look at what single edges reported. */
import { allowsSingleEdges } from '../diagnosis-settings.ts';
import { trainsModel, type TaskSpec } from '../task-spec.ts';
import type { CompatibilityRule } from './rule.ts';

export const DIAGNOSIS_RULES: readonly CompatibilityRule<TaskSpec>[] = [
  {
    path: 'diagnosis.singleEdges',
    parts: 'a look at what single edges reported and a task that keeps it off the disk',
    excluded: (spec) => spec.diagnosis.singleEdges === true && trainsModel(spec) && !allowsSingleEdges(spec),
    reason: 'what is found of an edge is stored with its losses and lengths of updates',
    alternative: 'leave diagnosis.singleEdges out or set it to false, or set privacy.journal to true',
  },
  {
    path: 'diagnosis.singleEdges',
    parts: 'a look at what single edges reported and a task without a model',
    excluded: (spec) => spec.diagnosis.singleEdges === true && !trainsModel(spec),
    reason: 'what an edge reports are statistics of what it holds, and nothing is told that a few edges alone are behind',
    alternative: 'leave diagnosis.singleEdges out or set it to false',
  },
];
