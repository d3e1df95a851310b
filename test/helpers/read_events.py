"""Prints what TensorBoard reads in a folder of event files: {"run": {"tag": [[wall, step, value], ...]}}.

Twice: as scripts read event files (scalars as they are written), and as TensorBoard's own plugins do (tensors).
"""
import json
import sys

from tensorboard.backend.event_processing import event_accumulator, plugin_event_multiplexer
from tensorboard.plugins.scalar import metadata
from tensorboard.util import tensor_util

folder, *runs = sys.argv[1:]


def as_scripts(run):
    reader = event_accumulator.EventAccumulator(f"{folder}/{run}", size_guidance={event_accumulator.SCALARS: 0})
    reader.Reload()
    return {tag: [[e.wall_time, e.step, e.value] for e in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={metadata.PLUGIN_NAME: 0})
multiplexer.AddRunsFromDirectory(folder)
multiplexer.Reload()


def as_plugins(run):
    tags = multiplexer.PluginRunToTagToContent(metadata.PLUGIN_NAME).get(run, {})
    return {tag: [[e.wall_time, e.step, tensor_util.make_ndarray(e.tensor_proto).item()] for e in multiplexer.Tensors(run, tag)] for tag in tags}


json.dump({"scripts": {run: as_scripts(run) for run in runs}, "plugins": {run: as_plugins(run) for run in runs}}, sys.stdout)
