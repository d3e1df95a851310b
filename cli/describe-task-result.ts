/** What a task without a model has found, in lines for people; one branch a kind. */
import type { TaskResult } from '../shared/algorithms/statistics/result.ts';
import { describeStatistics } from './describe-statistics.ts';

export function describeResult(result: TaskResult): string {
  switch (result.kind) {
    case 'statistics':
      return describeStatistics(result);
  }
}
