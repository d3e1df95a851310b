/** A real coordinator in a process of its own that kills itself, as the power or an operator would, at a named point of a round. */
import type { RoundPoint } from '../../server/coordinator/points.ts';
import { startServer } from '../../server/start-server.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { createParameters } from '../../shared/tensors/layout.ts';
import { childSettings, say } from './chaos-child.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';

export interface CoordinatorSettings {
  readonly data: string;
  /** 0: any free one. */
  readonly port: number;
  /** Created and started where it is not there. */
  readonly task: TaskSpecInput;
  /** Dies when the point is passed for that time, counted from 1. */
  readonly kill: { readonly point: RoundPoint; readonly time: number } | null;
}

export type CoordinatorMessage =
  | { readonly type: 'up'; readonly url: string; readonly port: number }
  | { readonly type: 'round'; readonly round: number; readonly outcome: string; readonly reason: string | null }
  | { readonly type: 'finished' }
  | { readonly type: 'stopped' };

const { data, port, task, kill } = childSettings<CoordinatorSettings>();
let passed = 0;
const server = await startServer({
  data, port, seed: 1, enrolment: { open: true },
  // The toy has no topology to be built: nothing stands between this process and the round.
  evaluator: {
    describe: () => Promise.resolve({ parameters: createParameters(TOY_LAYOUT, new Float32Array(2)), problems: [] }),
    evaluate: () => Promise.resolve(null),
    setExamples: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  },
  onPoint(point) {
    if (point === kill?.point && ++passed === kill.time) process.kill(process.pid, 'SIGKILL');
  },
});

async function sayWhetherFinished(): Promise<void> {
  const [known] = await server.coordinator.listTasks();
  if (known?.status === 'finished') say({ type: 'finished' });
}

server.coordinator.listen({
  roundEnded: (_task, { round, outcome, reason }) => say({ type: 'round', round, outcome, reason }),
  tasksChanged: () => void sayWhetherFinished(),
});
process.on('message', () => {
  void server.stop().then(() => {
    say({ type: 'stopped' });
    process.disconnect();
  });
});
say({ type: 'up', url: server.url, port: server.port });
if ((await server.coordinator.listTasks()).length === 0) {
  await server.createTask(task);
  await server.startTask(task.name);
}
await sayWhetherFinished();
