"""The exercise in PyTorch, on one thread: a further baseline of the benchmark `train`.

Orders come as one JSON object a line on standard input, an answer goes to each on standard output:
    {"order": "start", "folder": "..."}                        {"ready": "2.13.0", "comparable": true}
    {"order": "train", "epochs": [[example, ...], ...]}        {"ms": 1.0, "cpuMs": 1.0, "steps": 60, "losses": [2.3], "moved": 0.5}
"""
import array
import json
import os
import sys
import time

try:
    import torch
except ImportError as missing:
    sys.exit(f"no torch: {missing}")

from torch import nn


def numbers(folder, name, kind):
    values = array.array(kind)
    path = os.path.join(folder, name)
    with open(path, "rb") as file:
        values.fromfile(file, os.path.getsize(path) // values.itemsize)
    if sys.byteorder == "big":
        values.byteswap()
    return torch.tensor(values)


class LastStep(nn.Module):
    """Rows of an image one after the other through a recurrent layer; what it gives at the last."""

    def __init__(self, cell, features, units):
        super().__init__()
        self.features = features
        self.cell = cell(features, units, batch_first=True)

    def forward(self, x):
        outputs, _ = self.cell(x.view(len(x), -1, self.features))
        return outputs[:, -1]


def dense(kernel, bias):
    layer = nn.Linear(*kernel.shape)
    layer.weight.data.copy_(kernel.t())
    layer.bias.data.copy_(bias)
    return layer


def convolution(kernel, bias):
    height, width, channels, filters = kernel.shape
    layer = nn.Conv2d(channels, filters, (height, width), padding="same")
    layer.weight.data.copy_(kernel.permute(3, 2, 0, 1))
    layer.bias.data.copy_(bias)
    return layer


def two_layers(w):
    return nn.Sequential(dense(w[0], w[1]), nn.ReLU(), dense(w[2], w[3]), nn.ReLU(), dense(w[4], w[5])), True


def convolutional(w):
    # The flattened maps lie channels first here.
    maps = w[4].reshape(7, 7, 64, -1).permute(2, 0, 1, 3).reshape(w[4].shape)
    return nn.Sequential(
        convolution(w[0], w[1]), nn.ReLU(), nn.MaxPool2d(2),
        convolution(w[2], w[3]), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), dense(maps, w[5]), nn.ReLU(), dense(w[6], w[7]),
    ), True


def recurrent(kind):
    def build(w):
        features, gates = w[0].shape
        layer = LastStep(kind, features, w[1].shape[0])
        cell = layer.cell
        cell.weight_ih_l0.data.copy_(w[0].t())
        cell.weight_hh_l0.data.copy_(w[1].t())
        cell.bias_ih_l0.data.copy_(w[2])
        # One bias there, two here: the second stays zero.
        cell.bias_hh_l0.data.zero_()
        cell.bias_hh_l0.requires_grad_(False)
        # PyTorch's GRU applies its reset gate behind the product, ours before it: as much work, other numbers.
        return nn.Sequential(layer, dense(w[3], w[4])), kind is nn.LSTM
    return build


MODELS = {"2nn": two_layers, "cnn": convolutional, "gru": recurrent(nn.GRU), "lstm": recurrent(nn.LSTM)}


class Exercise:
    def __init__(self, folder):
        with open(os.path.join(folder, "exercise.json"), encoding="utf-8") as file:
            facts = json.load(file)
        flat = numbers(folder, "weights.f32", "f")
        weights, at = [], 0
        for weight in facts["weights"]:
            size = 1
            for length in weight["shape"]:
                size *= length
            weights.append(flat[at:at + size].reshape(weight["shape"]))
            at += size
        self.inputs = numbers(folder, "inputs.f32", "f").reshape(facts["examples"], *facts["inputShape"])
        if facts["model"] == "cnn":
            self.inputs = self.inputs.permute(0, 3, 1, 2).contiguous()
        self.labels = numbers(folder, "labels.i32", "i").long()
        self.batch, self.rate = facts["batchSize"], facts["learningRate"]
        self.model, self.comparable = MODELS[facts["model"]](weights)
        self.initial = [parameter.detach().clone() for parameter in self.model.parameters()]
        self.loss = nn.CrossEntropyLoss()

    def train(self, epochs):
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), self.initial):
                parameter.copy_(value)
        optimizer = torch.optim.SGD([p for p in self.model.parameters() if p.requires_grad], lr=self.rate)
        orders = [torch.tensor(order) for order in epochs]
        losses, steps = [], 0
        cpu, begun = time.process_time(), time.perf_counter()
        for order in orders:
            total = torch.zeros(())
            for chosen in order.split(self.batch):
                optimizer.zero_grad()
                loss = self.loss(self.model(self.inputs[chosen]), self.labels[chosen])
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(chosen)
                steps += 1
            losses.append(total.item() / len(order))
        elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu
        with torch.no_grad():
            moved = sum(((p - q) ** 2).sum() for p, q in zip(self.model.parameters(), self.initial)).sqrt().item()
        return {"ms": elapsed * 1000, "cpuMs": cpu * 1000, "steps": steps, "losses": losses, "moved": moved}


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    exercise = None
    for line in sys.stdin:
        order = json.loads(line)
        if order["order"] == "start":
            exercise = Exercise(order["folder"])
            answer = {"ready": torch.__version__, "comparable": exercise.comparable}
        else:
            answer = exercise.train(order["epochs"])
        print(json.dumps(answer), flush=True)


main()
