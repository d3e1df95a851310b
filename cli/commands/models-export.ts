/** `murmur models export TASK`: a version for TensorFlow.js or, as safetensors, for Python and others. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { sha256Hex } from '#platform/crypto';
import { exportTfjs } from '../../server/registry/export-tfjs.ts';
import { MurmurError } from '../../shared/errors.ts';
import { formatBytes } from '../../shared/format.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { trainsModel } from '../../shared/task/task-spec.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { parseVersion } from '../arguments.ts';
import type { Output } from '../output.ts';
import type { CoordinatorOptions } from '../remote/find-coordinator.ts';
import { connect, withRemoteOptions } from '../remote/remote-options.ts';
import { readVersion } from '../version.ts';
import { writeExport, writeExportFolder } from '../write-export.ts';

interface ExportOptions extends CoordinatorOptions {
  readonly version?: string;
  readonly format: 'tfjs' | 'safetensors';
  readonly out?: string;
}

export function addModelsExport(parent: Command, output: Output): void {
  withRemoteOptions(parent.command('export'))
    .description('write a model version to files')
    .argument('<task>', 'the task')
    .option('--version <version>', 'its number, or a label: best (default: the newest)', parseVersion)
    .addOption(new Option('--format <format>', 'tfjs: a folder for tf.loadLayersModel; safetensors: one file').choices(['tfjs', 'safetensors']).makeOptionMandatory())
    .option('--out <path>', 'the folder or file to write (default: named after task and version, here)')
    .action(async (task: string, options: ExportOptions) => {
      const api = await connect(options);
      const { version, layout } = await api.getVersion(task, options.version ?? 'latest');
      const bytes = await api.getCheckpoint(version.checkpoint);
      if (sha256Hex(bytes) !== version.checkpoint) throw new MurmurError('bad_frame', `what came as checkpoint ${version.checkpoint} does not have that digest; try again`);
      const { parameters } = decodeCheckpoint(bytes, createLayout(layout.tensors));
      const out = resolve(options.out ?? `${task}-v${version.version}${options.format === 'tfjs' ? '' : '.safetensors'}`);
      if (options.format === 'safetensors') {
        await writeExport(out, bytes);
      } else {
        const { task: record } = await api.getTask(task);
        if (!trainsModel(record.spec)) throw new MurmurError('bad_usage', `task ${task} has no model that TensorFlow.js could load: take --format safetensors, or \`murmur statistics ${task}\``);
        await writeExportFolder(out, exportTfjs(record.spec, parameters, { generatedBy: `Murmuration ${readVersion()}`, metadata: { task, version: version.version, data: record.spec.data } }));
      }
      output.result(
        { task, version: version.version, format: options.format, out, checkpoint: version.checkpoint, parameters: parameters.layout.size },
        `Version ${version.version} of ${task} at ${api.url} is written to ${out} (${formatBytes(4 * parameters.layout.size)} of weights).`,
      );
    });
}
